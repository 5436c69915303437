#!/bin/bash
# Makes the seeds that fuzzing starts from: real, small images in fuzz/corpus/TARGET/.
#
#   fuzz/make-corpus.sh
#
# It needs mke2fs (e2fsprogs) and sfdisk (fdisk), not root.
set -euo pipefail
export PATH="$PATH:/usr/sbin:/sbin"

cd "$(dirname "${BASH_SOURCE[0]}")"
mkdir -p corpus/{superblock,image,partitions}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp ../tests/data/sample.img corpus/image/sample
dd if=../tests/data/sample.img of=corpus/superblock/sample bs=1024 skip=1 count=1 status=none

mkdir -p "$work/tree/dir"
echo hello >"$work/tree/dir/file"
ln -s dir/file "$work/tree/link"
n=0
for options in '-b 1024' '-b 4096' '-b 1024 -r 0 -O none' '-b 1024 -O ^filetype' \
    '-b 1024 -I 128' '-b 1024 -O meta_bg,^resize_inode -g 256' '-b 16384'; do
    n=$((n + 1))
    size=64K
    [[ $options == *16384* ]] && size=1M
    [[ $options == *4096* ]] && size=256K
    truncate -s "$size" "$work/$n"
    # Word splitting is wanted: each is a list of options.
    mke2fs -q -F -t ext2 -N 16 -m 0 $options -d "$work/tree" "$work/$n" 2>"$work/err" || { cat "$work/err" >&2; exit 1; }
    cp "$work/$n" "corpus/image/$n"
    dd if="$work/$n" of="corpus/superblock/$n" bs=1024 skip=1 count=1 status=none
done

for label in dos gpt; do
    truncate -s 128K "$work/$label"
    printf 'label: %s\nsize=32\n,\n' "$label" | sfdisk --quiet "$work/$label"
    cp "$work/$label" "corpus/partitions/$label"
done
