//! Operations: done to a transaction and to the model, which must agree on what comes of it.

use mpimg::fs::{
    CallerError, FileType, FsError, Full, Ino, Node as New, Ownership, Time, Transaction, Xattr,
};

use crate::compare;
use crate::content::Data;
use crate::model::{Kind, Model, ROOT};

/// One operation, its arguments chosen.
#[derive(Debug, Clone)]
pub enum Operation {
    Create {
        parent: u32,
        name: Vec<u8>,
        new: New,
        own: Ownership,
        data: Option<Data>,
    },
    /// New empty files, or further names of a file.
    CreateMany {
        parent: u32,
        names: Vec<Vec<u8>>,
        link: Option<u32>,
    },
    Replace {
        ino: u32,
        data: Data,
    },
    Write {
        ino: u32,
        offset_bytes: u64,
        data: Data,
    },
    Truncate {
        ino: u32,
        size_bytes: u64,
    },
    Link {
        ino: u32,
        parent: u32,
        name: Vec<u8>,
    },
    Unlink {
        parent: u32,
        name: Vec<u8>,
    },
    UnlinkMany {
        parent: u32,
        names: Vec<Vec<u8>>,
    },
    Rmdir {
        parent: u32,
        name: Vec<u8>,
    },
    RemoveTree {
        parent: u32,
        name: Vec<u8>,
    },
    Rename {
        old: (u32, Vec<u8>),
        new: (u32, Vec<u8>),
    },
    SetPermissions {
        ino: u32,
        permissions: u16,
    },
    SetOwner {
        ino: u32,
        uid: Option<u32>,
        gid: Option<u32>,
    },
    SetTimes {
        ino: u32,
        atime: Option<Time>,
        mtime: Option<Time>,
    },
    SetXattrs {
        inos: Vec<u32>,
        xattrs: Vec<Xattr>,
    },
    /// Everything is read through the transaction, before it ends.
    Look,
}

/// Why a transaction cannot go on.
#[derive(Debug)]
pub enum Stop {
    Full(Full),
    Wrong(String),
}

impl From<String> for Stop {
    fn from(what: String) -> Self {
        Self::Wrong(what)
    }
}

/// The names of a directory, or why there are none.
fn names(model: &Model, at: u32) -> Result<(), CallerError> {
    model.node(at).entries().map(|_| ()).ok_or(CallerError::NotADirectory)
}

/// What a name must be to be put in.
fn fresh(model: &Model, parent: u32, name: &[u8]) -> Result<(), CallerError> {
    names(model, parent)?;
    if name.len() > 255 {
        return Err(CallerError::NameTooLong { len_bytes: 0, limit_bytes: 0 });
    }
    let there = model.entries(parent).contains_key(name);
    if there { Err(CallerError::Exists) } else { Ok(()) }
}

/// What a name names.
fn found(model: &Model, parent: u32, name: &[u8]) -> Result<(u32, FileType), CallerError> {
    names(model, parent)?;
    let ino = *model.entries(parent).get(name).ok_or(CallerError::NotFound)?;
    Ok((ino, model.node(ino).file_type()))
}

fn regular(model: &Model, ino: u32) -> Result<(), CallerError> {
    match model.node(ino).file_type() {
        FileType::Regular => Ok(()),
        FileType::Directory => Err(CallerError::IsADirectory),
        other => Err(CallerError::NotRegular(other)),
    }
}

/// Compares what was expected with what came. Nothing came of it where both say so.
fn agree<T>(expected: Result<(), CallerError>, got: Result<T, FsError>) -> Result<Option<T>, Stop> {
    match (expected, got) {
        (Ok(()), Ok(got)) => Ok(Some(got)),
        (_, Err(FsError::Full(full))) => Err(Stop::Full(full)),
        (Err(expected), Err(FsError::Caller(got)))
            if std::mem::discriminant(&expected) == std::mem::discriminant(&got) =>
        {
            Ok(None)
        }
        (expected, got) => {
            let got = got.map(|_| ()).map_err(|error| error.to_string());
            Err(Stop::Wrong(format!("expected {expected:?}, got {got:?}")))
        }
    }
}

impl Operation {
    /// Does it.
    pub fn perform(&self, model: &mut Model, tx: &mut Transaction<'static>) -> Result<(), Stop> {
        match self {
            Self::Create { parent, name, new, own, data } => {
                let expected = fresh(model, *parent, name);
                let got = tx.create(Ino(*parent), name, new, *own);
                let Some(ino) = agree(expected, got)? else { return Ok(()) };
                model.create(*parent, name, ino.0, new, *own);
                if let Some(data) = data {
                    agree(Ok(()), tx.replace_content(ino, data.content()))?;
                    model.replace(ino.0, data);
                }
            }
            Self::CreateMany { parent, names, link } => {
                let own = Ownership { permissions: 0o600, uid: 0, gid: 0 };
                for name in names {
                    let expected = fresh(model, *parent, name);
                    if let Some(ino) = link {
                        if agree(expected, tx.link(Ino(*ino), Ino(*parent), name))?.is_some() {
                            model.link(*ino, *parent, name);
                        }
                        continue;
                    }
                    let got = tx.create(Ino(*parent), name, &New::Regular, own);
                    if let Some(ino) = agree(expected, got)? {
                        model.create(*parent, name, ino.0, &New::Regular, own);
                    }
                }
            }
            Self::Replace { ino, data } => {
                let got = tx.replace_content(Ino(*ino), data.content());
                if agree(regular(model, *ino), got)?.is_some() {
                    model.replace(*ino, data);
                }
            }
            Self::Write { ino, offset_bytes, data } => {
                let got = tx.write_content(Ino(*ino), *offset_bytes, data.content());
                if agree(regular(model, *ino), got)?.is_some() {
                    model.write(*ino, *offset_bytes, data);
                }
            }
            Self::Truncate { ino, size_bytes } => {
                let got = tx.truncate(Ino(*ino), *size_bytes);
                if agree(regular(model, *ino), got)?.is_some() {
                    model.truncate(*ino, *size_bytes);
                }
            }
            Self::Link { ino, parent, name } => {
                let expected = match model.node(*ino).file_type() {
                    FileType::Directory => Err(CallerError::LinkToDirectory),
                    _ => fresh(model, *parent, name),
                };
                if agree(expected, tx.link(Ino(*ino), Ino(*parent), name))?.is_some() {
                    model.link(*ino, *parent, name);
                }
            }
            Self::Unlink { parent, name } => unlink(model, tx, *parent, name)?,
            Self::UnlinkMany { parent, names } => {
                for name in names {
                    unlink(model, tx, *parent, name)?;
                }
            }
            Self::Rmdir { parent, name } => {
                let expected = found(model, *parent, name).and_then(|(ino, _)| {
                    names(model, ino)?;
                    let empty = model.entries(ino).is_empty();
                    if empty { Ok(()) } else { Err(CallerError::NotEmpty) }
                });
                if agree(expected, tx.rmdir(Ino(*parent), name))?.is_some() {
                    model.rmdir(*parent, name);
                }
            }
            Self::RemoveTree { parent, name } => {
                let expected = found(model, *parent, name).map(|_| ());
                if agree(expected, tx.remove_tree(Ino(*parent), name))?.is_some() {
                    model.remove_tree(*parent, name);
                }
            }
            Self::Rename { old, new } => {
                let expected = renamed(model, (old.0, &old.1), (new.0, &new.1));
                let got = tx.rename(Ino(old.0), &old.1, Ino(new.0), &new.1);
                if agree(expected, got)?.is_some() {
                    model.rename((old.0, &old.1), (new.0, &new.1));
                }
            }
            Self::Look => {
                tx.flush_data().map_err(|error| error.to_string())?;
                compare::with_model(tx.fs(), model)?;
            }
            _ => self.set(model, tx)?,
        }
        Ok(())
    }

    /// Sets what an inode says of itself.
    fn set(&self, model: &mut Model, tx: &mut Transaction<'static>) -> Result<(), Stop> {
        let now = model.now;
        match self {
            Self::SetPermissions { ino, permissions } => {
                agree(Ok(()), tx.set_permissions(Ino(*ino), *permissions))?;
                let node = model.edit(*ino);
                (node.permissions, node.ctime) = (*permissions, now);
            }
            Self::SetOwner { ino, uid, gid } => {
                agree(Ok(()), tx.set_owner(Ino(*ino), *uid, *gid))?;
                let node = model.edit(*ino);
                (node.uid, node.gid) = (uid.unwrap_or(node.uid), gid.unwrap_or(node.gid));
                node.ctime = now;
                if matches!(node.kind, Kind::File { .. }) {
                    node.permissions &= !0o4000;
                    if node.permissions & 0o010 != 0 {
                        node.permissions &= !0o2000;
                    }
                }
            }
            Self::SetTimes { ino, atime, mtime } => {
                let seconds = if model.wide_times {
                    -(1 << 31)..(1 << 34) - (1 << 31)
                } else {
                    -(1 << 31)..1 << 31
                };
                let outside = [atime, mtime].into_iter().flatten();
                let outside = outside.map(|time| time.seconds).find(|s| !seconds.contains(s));
                let expected =
                    outside.map_or(Ok(()), |seconds| Err(CallerError::TimeOutside { seconds }));
                if agree(expected, tx.set_times(Ino(*ino), *atime, *mtime))?.is_some() {
                    let (atime, mtime) =
                        (atime.map(|t| model.stored(t)), mtime.map(|t| model.stored(t)));
                    let node = model.edit(*ino);
                    node.atime = atime.unwrap_or(node.atime);
                    node.mtime = mtime.unwrap_or(node.mtime);
                    node.ctime = now;
                }
            }
            Self::SetXattrs { inos, xattrs } => {
                // A block has 32 bytes of header and 4 of zeros; each takes at most this much.
                let take = |xattr: &Xattr| 16 + (xattr.name.len() + 3) + (xattr.value.len() + 3);
                let room = model.block_size as usize - 36;
                let may_not_fit = xattrs.iter().map(take).sum::<usize>() > room;
                for ino in inos {
                    match tx.set_xattrs(Ino(*ino), xattrs) {
                        Err(FsError::Caller(CallerError::XattrSpace { .. })) if may_not_fit => {}
                        got => {
                            agree(Ok(()), got)?;
                            let node = model.edit(*ino);
                            let pairs = xattrs.iter().map(|x| (x.name.clone(), x.value.clone()));
                            node.xattrs = pairs.collect();
                            node.ctime = now;
                        }
                    }
                }
            }
            other => panic!("{other:?} sets nothing"),
        }
        Ok(())
    }
}

fn unlink(
    model: &mut Model,
    tx: &mut Transaction<'static>,
    parent: u32,
    name: &[u8],
) -> Result<(), Stop> {
    let expected = found(model, parent, name).and_then(|(_, is)| match is {
        FileType::Directory => Err(CallerError::IsADirectory),
        _ => Ok(()),
    });
    if agree(expected, tx.unlink(Ino(parent), name))?.is_some() {
        model.unlink(parent, name);
    }
    Ok(())
}

fn renamed(model: &Model, old: (u32, &[u8]), new: (u32, &[u8])) -> Result<(), CallerError> {
    let (ino, is) = found(model, old.0, old.1)?;
    assert_ne!(ino, ROOT);
    names(model, new.0)?;
    let is_directory = is == FileType::Directory;
    if is_directory && model.is_below(new.0, ino) {
        return Err(CallerError::IntoItself);
    }
    let Ok((target, target_is)) = found(model, new.0, new.1) else {
        return fresh(model, new.0, new.1);
    };
    match (is_directory, target_is == FileType::Directory) {
        _ if target == ino => Ok(()),
        (true, false) => Err(CallerError::NotADirectory),
        (false, true) => Err(CallerError::IsADirectory),
        (true, true) if !model.entries(target).is_empty() => Err(CallerError::NotEmpty),
        _ => Ok(()),
    }
}
