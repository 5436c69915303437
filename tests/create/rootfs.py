"""Makes a root filesystem as a tar archive, as an ordinary user can, or tells what is in one.

    rootfs.py make FILE     writes the archive
    rootfs.py tell FILE     a line for each entry: all that is to be the same

Owners, set-id bits, capabilities, devices, hard links and symlinks, and the directories of a system
whose /bin is /usr/bin.
"""

import hashlib
import io
import struct
import sys
import tarfile

MTIME = 1_650_000_000
# VFS_CAP_REVISION_2 with the effective bit: cap_net_raw permitted.
CAPABILITY = struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0)


def entries():
    def entry(name, kind, mode, owner=(0, 0), **more):
        info = tarfile.TarInfo(name)
        info.type, info.mode, (info.uid, info.gid), info.mtime = kind, mode, owner, MTIME
        for key, value in more.items():
            setattr(info, key, value)
        return info

    def xattrs(**values):
        # Python's header text is UTF-8; with surrogates any byte is kept.
        text = {"SCHILY.xattr." + name: value.decode("utf-8", "surrogateescape") for name, value in values.items()}
        return {"pax_headers": text}

    directory, file, link, hard = tarfile.DIRTYPE, tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
    yield entry("./", directory, 0o755), None
    for path in ["usr", "usr/bin", "usr/sbin", "usr/lib", "usr/share", "usr/share/doc", "etc", "dev", "dev/pts",
                 "proc", "sys", "run", "home", "var", "var/lib", "var/mail", "var/log", "srv", "opt", "root"]:
        mode = {"root": 0o700, "var/mail": 0o2775}.get(path, 0o755)
        yield entry("./" + path + "/", directory, mode, (0, 8) if path == "var/mail" else (0, 0)), None
    yield entry("./tmp/", directory, 0o1777), None
    yield entry("./home/user/", directory, 0o750, (1000, 1000)), None
    for name in ["bin", "sbin", "lib"]:
        yield entry("./" + name, link, 0o777, linkname="usr/" + name), None
    yield entry("./etc/mtab", link, 0o777, linkname="../proc/self/mounts"), None
    yield entry("./etc/passwd", file, 0o644), b"root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/home/user:\n"
    yield entry("./etc/shadow", file, 0o640, (0, 42)), b"root:*:19000::::::\n"
    for number in range(150):
        data = bytes((number * 7 + at) % 251 for at in range(number * 211))
        yield entry(f"./usr/bin/tool{number:03}", file, 0o755), data
    yield entry("./usr/bin/su", file, 0o4755), b"\x7fELF su"
    yield entry("./usr/bin/wall", file, 0o2755, (0, 5)), b"\x7fELF wall"
    yield entry("./usr/bin/ping", file, 0o755, **xattrs(**{"security.capability": CAPABILITY})), b"\x7fELF ping"
    yield entry("./usr/bin/vi", hard, 0o755, linkname="./usr/bin/tool003"), None
    yield entry("./usr/lib/large.so", file, 0o644), bytes(range(256)) * 5000
    for name, kind, mode, owner, numbers in [
        ("null", tarfile.CHRTYPE, 0o666, (0, 0), (1, 3)), ("tty", tarfile.CHRTYPE, 0o666, (0, 5), (5, 0)),
        ("sda1", tarfile.BLKTYPE, 0o660, (0, 6), (8, 1)), ("nvme", tarfile.BLKTYPE, 0o660, (0, 6), (259, 300)),
    ]:
        yield entry("./dev/" + name, kind, mode, owner, devmajor=numbers[0], devminor=numbers[1]), None
    yield entry("./run/initctl", tarfile.FIFOTYPE, 0o600), None
    yield entry("./home/user/notes", file, 0o600, (1000, 1000), **xattrs(**{"user.note": b"mine"})), b"notes\n"
    yield entry("./usr/share/doc/" + "long-" * 30 + "name", file, 0o644, (4_000_000_000, 3_000_000)), b"long\n"


def make(path):
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT, errors="surrogateescape") as archive:
        for info, data in entries():
            if data is not None:
                info.size = len(data)
            archive.addfile(info, None if data is None else io.BytesIO(data))


def tell(path):
    """Hard links are told as what they lead to, with the number of names."""
    with tarfile.open(path, errors="surrogateescape") as archive:
        members = {}
        for member in archive.getmembers():
            members[member.name.removeprefix("./").rstrip("/")] = member
        groups = {}
        whole = {name: members[m.linkname.removeprefix("./")] if m.islnk() else m for name, m in members.items()}
        for name, member in whole.items():
            groups.setdefault(member.name, []).append(name)
        for name, member in sorted(whole.items()):
            if name == "lost+found":
                continue
            data = archive.extractfile(member).read() if member.isreg() else b""
            xattrs = sorted((k, v.encode("utf-8", "surrogateescape").hex()) for k, v in member.pax_headers.items()
                            if k.startswith("SCHILY.xattr."))
            device = (member.devmajor, member.devminor) if member.isdev() and not member.isfifo() else None
            print([name or ".", member.type, oct(member.mode), member.uid, member.gid, int(member.mtime),
                   member.linkname if member.issym() else "", device, hashlib.sha256(data).hexdigest(), xattrs,
                   sorted(groups[member.name])])


{"make": make, "tell": tell}[sys.argv[1]](sys.argv[2])
