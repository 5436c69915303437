#!/bin/bash
# Makes sample.img: a small ext2 image with one of everything, for tests and for trying mpimg out.
#
#   tests/data/make-sample.sh [OUTPUT]        (default: sample.img beside this script)
#
# It needs mke2fs and debugfs (e2fsprogs), not root. Every time, identifier and hash seed is fixed,
# so the same e2fsprogs makes the same bytes; tests/sample.rs compares them. What is in the image:
#
#   /etc/motd                  a text to read first
#   /etc/hostname              600 root, modified in 2009
#   /etc/issue -> motd         a fast symlink: its target is in the inode
#   /usr/bin/hello             a setuid script with the capability attribute
#   /usr/bin/hi                a second name of it
#   /usr/share/doc/mpimg/      README, and `layout`, a slow symlink: its target is in a block
#   /var/log/fragmented.log    1,000 numbered lines in runs of 1-6 blocks
#   /var/lib/sparse.bin        8 MiB, of which 4 blocks are data: direct, indirect, double indirect
#   /srv/1/2/.../20/leaf       a deep directory
#   /home/user                 owned by 1000:1000; its notes carry an ACL and a large attribute
#   /dev                       character and block devices, old and new numbers, a named pipe
set -euo pipefail
umask 022
export LC_ALL=C TZ=UTC
export PATH="$PATH:/usr/sbin:/sbin"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
output=${1:-$here/sample.img}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# 2024-01-01 00:00:00 UTC. e2fsprogs 1.47.0 reads the first name, later ones the second too.
export E2FSPROGS_FAKE_TIME=1704067200
export SOURCE_DATE_EPOCH=$E2FSPROGS_FAKE_TIME

# The host's mke2fs.conf must not decide what the image is.
export MKE2FS_CONFIG=$work/mke2fs.conf
cat >"$MKE2FS_CONFIG" <<'CONF'
[defaults]
    base_features = ext_attr,dir_index,filetype,sparse_super,large_file
    default_mntopts = acl,user_xattr
    enable_periodic_fsck = 0
    inode_size = 256
[fs_types]
    floppy = {
        inode_ratio = 8192
    }
CONF

cat >"$work/motd" <<'TEXT'
Welcome aboard the sample image.

Nothing was mounted for you to read this, nobody asked for a password, and no
module was loaded: mpimg found the superblock, followed the directories to this
inode, mapped its blocks, and read them in as few calls as the disk allows.

Look around:

    mpimg ls -lR sample.img /
    mpimg cat sample.img /usr/share/doc/mpimg/README
    mpimg cat --stats sample.img /var/log/fragmented.log

You cannot break anything by looking.
TEXT

cat >"$work/README" <<'TEXT'
mpimg reads ext2 disk images from the command line, without root, mounting,
FUSE or a virtual machine.

What it promises
  * It does the I/O that the disk needs, and accounts for it. A file that lies
    in one piece is read in one piece; --stats tells how much was merged, and
    why the rest was not.
  * It tells the truth to scripts. A failure has an exit code of its own and a
    reason of one line.
  * It trusts nothing on disk. Every number in an image is checked before it is
    used, so a damaged image is an error and never a surprise.

How it reads
  A file is a row of pages, and a page is a row of blocks. mpimg asks where the
  blocks of a page are. If they follow one another on disk, and follow those of
  the page before, the page joins the run that is being collected. If they do
  not, the run goes out as one call and a new one begins. Where a page has no
  blocks at all it is a hole, and costs nothing.

Try it on this image
  /var/log/fragmented.log   was written into the gaps of a busy disk
  /var/lib/sparse.bin       is eight mebibytes of almost nothing
  /srv                      goes down twenty floors; there is a leaf at the end
TEXT

printf 'sample\n' >"$work/hostname"
printf '#!/bin/sh\necho "hello from inside the image"\n' >"$work/hello"
printf 'You found the leaf.\n' >"$work/leaf"
printf 'Remember: images are read, not mounted.\n' >"$work/notes"
awk 'BEGIN { for (i = 1; i <= 1000; i++) printf "%04d the run goes on until the disk says otherwise\n", i }' \
    >"$work/fragmented.log"

# Data in the first block, the first that needs an indirect block, the first that needs a double
# indirect block, and the last of the file.
truncate -s 8M "$work/sparse.bin"
for block in 0 12 268 8191; do
    printf 'block %d of sparse.bin\n' "$block" |
        dd of="$work/sparse.bin" bs=1024 seek="$block" conv=notrunc status=none
done

# Attributes in the kernel's external form, as debugfs takes them.
# cap_net_raw+ep, revision 2.
printf '\001\000\000\002\000\040\000\000\000\000\000\000\000\000\000\000\000\000\000\000' >"$work/capability"
# user::rw-, user:1001:r--, group::r--, mask::r--, other::r--
printf '\002\000\000\000\001\000\006\000\377\377\377\377\002\000\004\000\351\003\000\000\004\000\004\000\377\377\377\377\020\000\004\000\377\377\377\377\040\000\004\000\377\377\377\377' >"$work/acl"
# Too large for the inode, so it goes to a block of its own.
awk 'BEGIN { for (i = 0; i < 40; i++) printf "attribute " }' >"$work/large"

image=$work/sample.img
truncate -s 256K "$image"
mke2fs -q -F -t ext2 -b 1024 -N 128 -m 0 -L sample \
    -U 5a3b0f1e-6d2c-4b7a-8e91-0d4c2f6a7b58 \
    -E hash_seed=c1d2e3f4-0516-4728-93a4-b5c6d7e8f901 "$image"

{
    # The fragmented file first, while it is known which blocks are free: gaps of 1-4 blocks are
    # marked as used, the file is written between them, and the gaps are free again.
    printf 'mkdir /var\nmkdir /var/log\nmkdir /var/lib\n'
    gaps=()
    block=56
    for ((i = 0; block < 250; i++)); do
        gap=$((i * 5 % 4 + 1))
        gaps+=("$block $gap")
        block=$((block + gap + i * 7 % 6 + 1))
    done
    printf 'setb %s\n' "${gaps[@]}"
    echo "write $work/fragmented.log /var/log/fragmented.log"
    printf 'freeb %s\n' "${gaps[@]}"
    echo "write $work/sparse.bin /var/lib/sparse.bin"

    for dir in etc usr usr/bin usr/share usr/share/doc usr/share/doc/mpimg srv home home/user dev; do
        echo "mkdir /$dir"
    done
    deep=/srv
    for i in $(seq 20); do
        deep=$deep/$i
        echo "mkdir $deep"
    done
    echo "write $work/leaf $deep/leaf"

    for name in motd hostname; do echo "write $work/$name /etc/$name"; done
    echo "write $work/README /usr/share/doc/mpimg/README"
    echo "write $work/notes /home/user/notes"
    echo "write $work/hello /usr/bin/hello"
    # debugfs adds the name and leaves the count of links to us.
    printf 'ln /usr/bin/hello /usr/bin/hi\nset_inode_field /usr/bin/hello links_count 2\n'
    echo "symlink /etc/issue motd"
    echo "symlink /usr/share/doc/mpimg/layout ../../../../srv/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/leaf"

    # mknod knows no directories but the current one.
    printf 'cd /dev\nmknod console c 5 1\nmknod null c 1 3\nmknod sda b 8 0\nmknod nvme0n1p300 b 259 300\nmknod initctl p\ncd /\n'

    for node in 'console 020600' 'null 020666' 'sda 060660' 'nvme0n1p300 060660' 'initctl 010600'; do
        echo "set_inode_field /dev/${node/ / mode }"
    done
    echo 'set_inode_field /usr/bin/hello mode 0104755'
    echo 'set_inode_field /etc/hostname mode 0100600'
    echo 'set_inode_field /etc/hostname mtime 20090213233130'
    for path in /home/user /home/user/notes; do
        printf 'set_inode_field %s uid 1000\nset_inode_field %s gid 1000\n' "$path" "$path"
    done
    echo "ea_set -f $work/capability /usr/bin/hello security.capability"
    echo "ea_set -f $work/acl /home/user/notes system.posix_acl_access"
    echo "ea_set -f $work/large /home/user/notes user.large"
    echo 'ea_set /etc/motd user.comment "read me first"'
} >"$work/script"

# debugfs exits 0 whatever happens, so anything it says after its banner is an error.
debugfs -w -f "$work/script" "$image" >"$work/out" 2>"$work/err"
if grep -v '^debugfs 1\.' "$work/err" >&2; then
    exit 1
fi
e2fsck -fn "$image" >"$work/out" 2>&1 || { cat "$work/out" >&2; exit 1; }
cp --sparse=always "$image" "$output"
