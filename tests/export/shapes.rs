//! Images with a thing of every kind in them, under several layouts; each is built once.

use std::sync::OnceLock;

use crate::support::image::Image;
use crate::support::loopmount::LoopMount;
use crate::support::odd::Odd;
use crate::support::scratch;

/// Who writes the tree into the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// The kernel, on a loop mount.
    Kernel,
    /// `mke2fs -d`, from a tree that needs no root.
    Mke2fs,
}

/// A layout, and what the tree in it can hold.
#[derive(Debug)]
pub struct Shape {
    /// For messages.
    pub name: &'static str,
    block_size: u32,
    args: &'static [&'static str],
    maker: Maker,
    odd: Odd,
    image: OnceLock<Image>,
}

const ALL: Odd = Odd { root: true, xattrs: true, large_files: true, many: 3_200, block_size: 1024 };

const fn shape(
    name: &'static str,
    block_size: u32,
    args: &'static [&'static str],
    maker: Maker,
    odd: Odd,
) -> Shape {
    Shape { name, block_size, args, maker, odd, image: OnceLock::new() }
}

/// Blocks as large as a page, inodes with room for nanoseconds, indexed directories.
pub static LARGE_BLOCKS: Shape =
    shape("4 KiB blocks", 4096, &[], Maker::Kernel, Odd { block_size: 4096, ..ALL });

/// Maps of every depth.
pub static SMALL_BLOCKS: Shape = shape("1 KiB blocks", 1024, &[], Maker::Kernel, ALL);

/// No room in inodes: times of whole seconds, attributes in blocks.
pub static SMALL_INODES: Shape =
    shape("inodes of 128 bytes", 1024, &["-I", "128"], Maker::Kernel, ALL);

/// Neither features nor attributes, and no file past 2 GiB.
pub static REVISION_0: Shape = shape(
    "revision 0",
    1024,
    &["-r", "0", "-O", "none", "-I", "128"],
    Maker::Kernel,
    Odd { xattrs: false, large_files: false, ..ALL },
);

/// Made without root, without file types in directories.
pub static WITHOUT_ROOT: Shape = shape(
    "mke2fs -d",
    2048,
    &["-O", "^filetype"],
    Maker::Mke2fs,
    Odd { root: false, block_size: 4096, ..ALL },
);

impl Shape {
    /// The image; built by the first who asks. [`LoopMount::supports`] has to hold.
    #[track_caller]
    pub fn image(&self) -> &Image {
        self.image.get_or_init(|| self.build())
    }

    /// Whether images of this shape can be made and mounted here, or why not.
    pub fn supported(&self) -> Result<(), String> {
        LoopMount::supports(self.block_size)
    }

    /// What the tree in it holds.
    pub fn odd(&self) -> Odd {
        self.odd
    }

    fn build(&self) -> Image {
        let args = [&["-N", "6000", "-m", "0"], self.args].concat();
        let image = match self.maker {
            Maker::Kernel => {
                let image = Image::new(self.block_size, 24 << 20, &args);
                let mount = LoopMount::read_write(image.path());
                self.odd.make(mount.path());
                mount.unmount();
                image
            }
            Maker::Mke2fs => {
                let tree = scratch::dir();
                self.odd.make(tree.path());
                Image::from_tree(tree.path(), self.block_size, 24 << 20, &args)
            }
        };
        image.fsck();
        image
    }
}
