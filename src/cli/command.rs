//! The table of commands.
//!
//! `mpimg stat disk.img /etc` is `Command::Stat`; those that change an image are [`Editing`] of what
//! a line of `batch` is, too.

use std::ffi::{OsStr, OsString};

use clap::Subcommand;

use super::args::GlobalArgs;
use super::edit::Editing;
use super::exit::Report;
use super::{
    batch, cat, chmod, chown, create, df, du, find, get, info, ln, ls, map, mkdir, mknod, mv, plan,
    put, readlink, recover, rm, stat, sum, tar, touch, truncate, untar, xattr,
};

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make many changes to an image, all of them or none
    #[command(after_help = batch::HELP)]
    Batch(Editing<batch::BatchArgs>),
    Cat(cat::CatArgs),
    /// Change the permissions of files and directories
    #[command(after_help = chmod::HELP)]
    Chmod(Editing<chmod::ChmodArgs>),
    /// Change owner and group of files and directories
    #[command(after_help = chown::HELP)]
    Chown(Editing<chown::ChownArgs>),
    Create(Box<create::CreateArgs>),
    Df(df::DfArgs),
    Du(du::DuArgs),
    Get(get::GetArgs),
    Find(find::FindArgs),
    Info(info::InfoArgs),
    /// Make hard links and symbolic links
    #[command(after_help = ln::HELP)]
    Ln(Editing<ln::LnArgs>),
    Ls(ls::LsArgs),
    Map(map::MapArgs),
    /// Make directories in an image
    #[command(after_help = mkdir::HELP)]
    Mkdir(Editing<mkdir::MkdirArgs>),
    /// Make devices and FIFOs in an image
    #[command(after_help = mknod::HELP)]
    Mknod(Editing<mknod::MknodArgs>),
    /// Rename and move files and directories
    #[command(after_help = mv::HELP)]
    Mv(Editing<mv::MvArgs>),
    Plan(plan::PlanArgs),
    /// Write a file into an image
    #[command(after_help = put::HELP)]
    Put(Editing<put::PutArgs>),
    Readlink(readlink::ReadlinkArgs),
    Recover(recover::RecoverArgs),
    /// Remove files and directories from an image
    #[command(after_help = rm::HELP)]
    Rm(Editing<rm::RmArgs>),
    Stat(stat::StatArgs),
    Sum(sum::SumArgs),
    Tar(tar::TarArgs),
    /// Set times of files, and make empty ones
    #[command(after_help = touch::HELP)]
    Touch(Editing<touch::TouchArgs>),
    /// Make files longer or shorter
    #[command(after_help = truncate::HELP)]
    Truncate(Editing<truncate::TruncateArgs>),
    /// Put what is in an archive into an image
    #[command(after_help = untar::HELP)]
    Untar(Editing<untar::UntarArgs>),
    Xattr(xattr::XattrArgs),
}

impl Command {
    /// The image that the command is about, as it was named.
    pub fn image(&self) -> &OsStr {
        match self {
            Self::Batch(args) => args.image(),
            Self::Cat(args) => args.image(),
            Self::Chmod(args) => args.image(),
            Self::Chown(args) => args.image(),
            Self::Create(args) => args.image(),
            Self::Df(args) => args.image(),
            Self::Du(args) => args.image(),
            Self::Get(args) => args.image(),
            Self::Find(args) => args.image(),
            Self::Info(args) => args.image(),
            Self::Ln(args) => args.image(),
            Self::Ls(args) => args.image(),
            Self::Map(args) => args.image(),
            Self::Mkdir(args) => args.image(),
            Self::Mknod(args) => args.image(),
            Self::Mv(args) => args.image(),
            Self::Plan(args) => args.image(),
            Self::Put(args) => args.image(),
            Self::Readlink(args) => args.image(),
            Self::Recover(args) => args.image(),
            Self::Rm(args) => args.image(),
            Self::Stat(args) => args.image(),
            Self::Sum(args) => args.image(),
            Self::Tar(args) => args.image(),
            Self::Touch(args) => args.image(),
            Self::Truncate(args) => args.image(),
            Self::Untar(args) => args.image(),
            Self::Xattr(args) => args.image(),
        }
    }

    /// The arguments in another order, where clap has not seen all options of them.
    pub fn options_first(&self, args: &[OsString]) -> Option<Vec<OsString>> {
        match self {
            Self::Find(find) => find.options_first(args),
            _ => None,
        }
    }

    /// Runs the command.
    pub fn run(&self, global: &GlobalArgs, report: &mut Report<'_>) -> anyhow::Result<()> {
        match self {
            Self::Batch(args) => args.run(global, report),
            Self::Cat(args) => cat::run(args, global, report),
            Self::Chmod(args) => args.run(global, report),
            Self::Chown(args) => args.run(global, report),
            Self::Create(args) => create::run(args, global, report),
            Self::Df(args) => df::run(args, global, report),
            Self::Du(args) => du::run(args, global, report),
            Self::Get(args) => get::run(args, global, report),
            Self::Find(args) => find::run(args, global, report),
            Self::Info(args) => info::run(args, global, report),
            Self::Ln(args) => args.run(global, report),
            Self::Ls(args) => ls::run(args, global, report),
            Self::Map(args) => map::run(args, global, report),
            Self::Mkdir(args) => args.run(global, report),
            Self::Mknod(args) => args.run(global, report),
            Self::Mv(args) => args.run(global, report),
            Self::Plan(args) => plan::run(args, global, report),
            Self::Put(args) => args.run(global, report),
            Self::Readlink(args) => readlink::run(args, global, report),
            Self::Recover(args) => recover::run(args, global, report),
            Self::Rm(args) => args.run(global, report),
            Self::Stat(args) => stat::run(args, global, report),
            Self::Sum(args) => sum::run(args, global, report),
            Self::Tar(args) => tar::run(args, global, report),
            Self::Touch(args) => args.run(global, report),
            Self::Truncate(args) => args.run(global, report),
            Self::Untar(args) => args.run(global, report),
            Self::Xattr(args) => args.run(global, report),
        }
    }
}
