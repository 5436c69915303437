
use builtin;
use str;

set edit:completion:arg-completer[mpimg] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'mpimg'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'mpimg'= {
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand batch 'Make many changes to an image, all of them or none'
            cand cat 'Write files of an image to standard output'
            cand chmod 'Change the permissions of files and directories'
            cand chown 'Change owner and group of files and directories'
            cand create 'Make a new filesystem, empty or of a directory or an archive'
            cand df 'Show how full a filesystem is'
            cand du 'Show how much files and directories take'
            cand get 'Copy files and directories out of an image'
            cand find 'Find files by name, type, size, owner, time and more'
            cand info 'Show a filesystem''s superblock, groups and features'
            cand ln 'Make hard links and symbolic links'
            cand ls 'List directories of an image'
            cand map 'Show how files lie on the disk, like filefrag -v'
            cand mkdir 'Make directories in an image'
            cand mknod 'Make devices and FIFOs in an image'
            cand mv 'Rename and move files and directories'
            cand plan 'Show how a file would be read, or written: bios, fallbacks and zeroed pages in order'
            cand put 'Write a file into an image'
            cand readlink 'Print where symbolic links lead'
            cand recover 'Finish the commit of a command that was interrupted'
            cand rm 'Remove files and directories from an image'
            cand stat 'Show what inodes say: type, size, owner, times, extended attributes'
            cand sum 'Print or check CRC-32 checksums of files of an image'
            cand tar 'Write files and directories of an image to standard output as a tar archive'
            cand touch 'Set times of files, and make empty ones'
            cand truncate 'Make files longer or shorter'
            cand untar 'Put what is in an archive into an image'
            cand xattr 'List, print, set and remove extended attributes'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'mpimg;batch'= {
            cand --output 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is'
            cand --stats 'Tell on standard error how the data was written: bios, merges, fallbacks, calls'
            cand --progress 'Show a progress bar on standard error, where that is a terminal'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand -0 'Arguments end with NUL, and an empty one ends a command'
            cand --null 'Arguments end with NUL, and an empty one ends a command'
            cand --dry-run 'Say what would change, and change nothing'
            cand --no-sync 'Do not wait for the disk: a kill does no harm, a power cut may'
            cand --force 'Write to a filesystem that is marked as having errors, or was not unmounted'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mpimg;cat'= {
            cand -b 'Go by the superblock in block N, a backup'
            cand --superblock 'Go by the superblock in block N, a backup'
            cand --offset 'Begin at byte BYTES of each file'
            cand --length 'Write at most BYTES bytes of each file'
            cand --on-error 'What to do with ranges that cannot be read'
            cand --stats 'Tell on standard error how the data was moved: bios, merges, fallbacks, calls'
            cand --progress 'Show a progress bar on standard error, where that is a terminal'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mpimg;chmod'= {
            cand --output 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is'
            cand --stats 'Tell on standard error how the data was written: bios, merges, fallbacks, calls'
            cand --progress 'Show a progress bar on standard error, where that is a terminal'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand -R 'Change all that is below directories, too'
            cand --recursive 'Change all that is below directories, too'
            cand --dry-run 'Say what would change, and change nothing'
            cand --no-sync 'Do not wait for the disk: a kill does no harm, a power cut may'
            cand --force 'Write to a filesystem that is marked as having errors, or was not unmounted'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mpimg;chown'= {
            cand --output 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is'
            cand --stats 'Tell on standard error how the data was written: bios, merges, fallbacks, calls'
            cand --progress 'Show a progress bar on standard error, where that is a terminal'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand -R 'Change all that is below directories, too'
            cand --recursive 'Change all that is below directories, too'
            cand -h 'Change symbolic links, not what they lead to'
            cand --no-dereference 'Change symbolic links, not what they lead to'
            cand --help 'Print help'
            cand --dry-run 'Say what would change, and change nothing'
            cand --no-sync 'Do not wait for the disk: a kill does no harm, a power cut may'
            cand --force 'Write to a filesystem that is marked as having errors, or was not unmounted'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
        }
        &'mpimg;create'= {
            cand --from 'Fill it with a directory or a tar archive (plain, gzip, zstd, xz; - for standard input)'
            cand --offset 'Let the filesystem begin at OFFSET bytes of IMG'
            cand --stats 'Tell on standard error how the image was written'
            cand -s 'Its size; auto for the smallest that holds all, auto+N% for N percent more'
            cand --size 'Its size; auto for the smallest that holds all, auto+N% for N percent more'
            cand -b 'Bytes in a block: 1024 to 65536'
            cand --block-size 'Bytes in a block: 1024 to 65536'
            cand -N 'Inodes, or a few more; auto for as many as it takes, or one for every 4 to 64 KiB of a given size'
            cand --inodes 'Inodes, or a few more; auto for as many as it takes, or one for every 4 to 64 KiB of a given size'
            cand -I 'Bytes in an inode: 128 or more; those of 128 have no times past 2038, and no fractions of them'
            cand --inode-size 'Bytes in an inode: 128 or more; those of 128 have no times past 2038, and no fractions of them'
            cand -m 'Percent of the blocks that only root may use'
            cand --reserved 'Percent of the blocks that only root may use'
            cand -L 'Its label, of 16 bytes at most'
            cand --label 'Its label, of 16 bytes at most'
            cand -U 'Its UUID: given, random, or derived from what the image holds'
            cand --uuid 'Its UUID: given, random, or derived from what the image holds'
            cand -O 'Features to add, or with ^ to leave out: ext_attr, resize_inode, dir_index, filetype, sparse_super, large_file (all there by themselves); none for none'
            cand --features 'Features to add, or with ^ to leave out: ext_attr, resize_inode, dir_index, filetype, sparse_super, large_file (all there by themselves); none for none'
            cand --hash 'The hash of directory indexes'
            cand --hash-seed 'The seed of the hash, a UUID [default: derived from names and attributes]'
            cand --owner 'Set owner and group of all: USER[:GROUP], numbers or names that the tree knows'
            cand --mtime 'Set the time of the last change of all'
            cand --sparse 'What becomes a hole'
            cand --owner-map 'Replace owners, groups or both by number: [u:|g:]FROM[-LAST]:TO; may be repeated'
            cand --manifest 'Make and change what FILE lists: types, modes, owners, device numbers, times'
            cand --manifest-form 'Whose tables the manifest is like: how COUNT counts'
            cand --clamp-mtime 'Let no time be later than DATE'
            cand --memory 'Let SIZE bytes of content wait in memory at most; names and attributes take about 130 bytes a file beside that [default: 64M]'
            cand --strip-components 'Take N names from the front of each path in an archive'
            cand --progress 'Show progress on standard error, where that is a terminal'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand --force 'Replace what IMG holds'
            cand --dry-run 'Say what would be made, and make nothing'
            cand --no-sync 'Do not wait for the disk'
            cand -p 'Keep owners and groups as the host has them'
            cand --preserve 'Keep owners and groups as the host has them'
            cand -x 'Leave empty what other filesystems are mounted on'
            cand --one-file-system 'Leave empty what other filesystems are mounted on'
            cand --whiteouts 'Take .wh. files of an archive for what they say of an image''s layer: what is to go'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mpimg;df'= {
            cand -b 'Go by the superblock in block N, a backup'
            cand --superblock 'Go by the superblock in block N, a backup'
            cand -B 'Sizes in units of SIZE bytes, 1M or 512 for instance; a suffix alone (K, M, G, T, or kB, MB, GB, TB) stands behind each size'
            cand --block-size 'Sizes in units of SIZE bytes, 1M or 512 for instance; a suffix alone (K, M, G, T, or kB, MB, GB, TB) stands behind each size'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand -i 'Inodes instead of blocks'
            cand --inodes 'Inodes instead of blocks'
            cand -h 'Sizes such as 1.5K'
            cand --human-readable 'Sizes such as 1.5K'
            cand -k 'Sizes in units of 1 KiB, as without options'
            cand --help 'Print help'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
        }
        &'mpimg;du'= {
            cand -d 'Only what lies no more than N names below a PATH'
            cand --max-depth 'Only what lies no more than N names below a PATH'
            cand -B 'Sizes in units of SIZE bytes, 1M or 512 for instance; a suffix alone (K, M, G, T, or kB, MB, GB, TB) stands behind each size'
            cand --block-size 'Sizes in units of SIZE bytes, 1M or 512 for instance; a suffix alone (K, M, G, T, or kB, MB, GB, TB) stands behind each size'
            cand --superblock 'Go by the superblock in block N, a backup'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand -a 'Files too, not only directories'
            cand --all 'Files too, not only directories'
            cand -s 'Only the sum of each PATH'
            cand --summarize 'Only the sum of each PATH'
            cand -c 'The sum of all PATHs, too'
            cand --total 'The sum of all PATHs, too'
            cand --apparent-size 'Lengths instead of what is given up for them'
            cand -b 'Lengths in bytes: --apparent-size --block-size=1'
            cand --bytes 'Lengths in bytes: --apparent-size --block-size=1'
            cand -h 'Sizes such as 1.5K'
            cand --human-readable 'Sizes such as 1.5K'
            cand -k 'Sizes in units of 1 KiB, as without options'
            cand -0 'End each line with NUL instead of newline'
            cand --null 'End each line with NUL instead of newline'
            cand --help 'Print help'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
        }
        &'mpimg;get'= {
            cand -b 'Go by the superblock in block N, a backup'
            cand --superblock 'Go by the superblock in block N, a backup'
            cand --sparse 'What becomes a hole'
            cand --max-bytes 'Leave out what would make it more than BYTES bytes in all, by the sizes that files claim'
            cand --max-depth 'Enter no directory more than N levels below PATH'
            cand --stats 'Tell on standard error how the data was moved: bios, merges, fallbacks, calls'
            cand --progress 'Show a progress bar on standard error, where that is a terminal'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand -r 'A directory and all below it'
            cand -R 'A directory and all below it'
            cand --recursive 'A directory and all below it'
            cand -p 'Keep set-user-ID and set-group-ID bits, and file capabilities'
            cand --preserve-permissions 'Keep set-user-ID and set-group-ID bits, and file capabilities'
            cand --same-owner 'Keep owners and groups, by number'
            cand -P 'Copy a symbolic link as a link, also without -r'
            cand --no-dereference 'Copy a symbolic link as a link, also without -r'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mpimg;find'= {
            cand -b 'Go by the superblock in block N, a backup'
            cand --superblock 'Go by the superblock in block N, a backup'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'mpimg;info'= {
            cand -b 'Go by the superblock in block N, a backup'
            cand --superblock 'Go by the superblock in block N, a backup'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand --header 'The superblock alone, without the groups'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'mpimg;ln'= {
            cand --output 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is'
            cand --stats 'Tell on standard error how the data was written: bios, merges, fallbacks, calls'
            cand --progress 'Show a progress bar on standard error, where that is a terminal'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand -s 'Make symbolic links'
            cand --symbolic 'Make symbolic links'
            cand -f 'Replace what is there, if it is no directory'
            cand -n 'Take LINK for the link where it is a symbolic link to a directory'
            cand --no-dereference 'Take LINK for the link where it is a symbolic link to a directory'
            cand -T 'Take LINK for the link, also where it is a directory'
            cand --no-target-directory 'Take LINK for the link, also where it is a directory'
            cand --dry-run 'Say what would change, and change nothing'
            cand --no-sync 'Do not wait for the disk: a kill does no harm, a power cut may'
            cand --force 'Write to a filesystem that is marked as having errors, or was not unmounted'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mpimg;ls'= {
            cand -b 'Go by the superblock in block N, a backup'
            cand --superblock 'Go by the superblock in block N, a backup'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand -l 'Type, mode, links, owner, group, size and time'
            cand --long 'Type, mode, links, owner, group, size and time'
            cand -a 'Names that begin with a dot, too'
            cand --all 'Names that begin with a dot, too'
            cand -R 'Directories below, too'
            cand --recursive 'Directories below, too'
            cand -i 'Inode numbers'
            cand --inode 'Inode numbers'
            cand -n 'Like -l, with owners as numbers'
            cand --numeric-uid-gid 'Like -l, with owners as numbers'
            cand -d 'Directories themselves, not what they hold'
            cand --directory 'Directories themselves, not what they hold'
            cand -0 'End each line with NUL instead of newline'
            cand --zero 'End each line with NUL instead of newline'
            cand -1 'One name a line'
            cand -h 'Sizes such as 1.5K'
            cand --human-readable 'Sizes such as 1.5K'
            cand --help 'Print help'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
        }
        &'mpimg;map'= {
            cand -b 'Go by the superblock in block N, a backup'
            cand --superblock 'Go by the superblock in block N, a backup'
            cand --strip 'Draw the file and the disk as strips'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mpimg;mkdir'= {
            cand -m 'Set the permissions of PATH: octal, or symbolic as for chmod'
            cand --mode 'Set the permissions of PATH: octal, or symbolic as for chmod'
            cand --output 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is'
            cand --stats 'Tell on standard error how the data was written: bios, merges, fallbacks, calls'
            cand --progress 'Show a progress bar on standard error, where that is a terminal'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand -p 'Make missing directories above them too; what is there already is no error'
            cand --parents 'Make missing directories above them too; what is there already is no error'
            cand --dry-run 'Say what would change, and change nothing'
            cand --no-sync 'Do not wait for the disk: a kill does no harm, a power cut may'
            cand --force 'Write to a filesystem that is marked as having errors, or was not unmounted'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mpimg;mknod'= {
            cand -m 'Set the permissions: octal, or symbolic as for chmod'
            cand --mode 'Set the permissions: octal, or symbolic as for chmod'
            cand --output 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is'
            cand --stats 'Tell on standard error how the data was written: bios, merges, fallbacks, calls'
            cand --progress 'Show a progress bar on standard error, where that is a terminal'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand --dry-run 'Say what would change, and change nothing'
            cand --no-sync 'Do not wait for the disk: a kill does no harm, a power cut may'
            cand --force 'Write to a filesystem that is marked as having errors, or was not unmounted'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mpimg;mv'= {
            cand --output 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is'
            cand --stats 'Tell on standard error how the data was written: bios, merges, fallbacks, calls'
            cand --progress 'Show a progress bar on standard error, where that is a terminal'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand -n 'Leave what is there as it is'
            cand --no-clobber 'Leave what is there as it is'
            cand -f 'Replace what is there, as is done anyway'
            cand -T 'Take DEST for the new name, also where it is a directory'
            cand --no-target-directory 'Take DEST for the new name, also where it is a directory'
            cand --dry-run 'Say what would change, and change nothing'
            cand --no-sync 'Do not wait for the disk: a kill does no harm, a power cut may'
            cand --force 'Write to a filesystem that is marked as having errors, or was not unmounted'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mpimg;plan'= {
            cand -b 'Go by the superblock in block N, a backup'
            cand --superblock 'Go by the superblock in block N, a backup'
            cand --readahead 'Pages in a window, 0 for the whole file [default: 1.25 MiB of them]'
            cand --bio-pages 'Pages in a bio at most [default: 256]'
            cand --page-size 'Bytes in a page, a power of two from the block size to 1 MiB [default: 4096, or the block size where that is larger]'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand --write 'Show how the file''s data would be written back'
            cand --trace 'Show windows and mappings, too'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'mpimg;put'= {
            cand --mode 'Set the permissions: octal, or symbolic as for chmod'
            cand --owner 'Set owner and group: USER[:GROUP], numbers or names of the image'
            cand --mtime 'Set the time of the last change'
            cand --at 'Write at byte OFFSET of the file, and leave the rest as it is'
            cand --sparse 'What becomes a hole'
            cand --xattr 'Set an extended attribute: NAME=VALUE (text, 0x.., 0s..)'
            cand --owner-map 'Replace owners, groups or both by number: [u:|g:]FROM[-LAST]:TO; may be repeated'
            cand --manifest 'Make and change what FILE lists: types, modes, owners, device numbers, times'
            cand --manifest-form 'Whose tables the manifest is like: how COUNT counts'
            cand --clamp-mtime 'Let no time be later than DATE'
            cand --memory 'Let SIZE bytes of content wait in memory at most; names and attributes take about 130 bytes a file beside that [default: 64M]'
            cand --output 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is'
            cand --stats 'Tell on standard error how the data was written: bios, merges, fallbacks, calls'
            cand --progress 'Show a progress bar on standard error, where that is a terminal'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand -r 'Put a directory with all that is below it; PATH is what it becomes'
            cand --recursive 'Put a directory with all that is below it; PATH is what it becomes'
            cand -p 'Keep mode, owner, times and extended attributes of SRC'
            cand --preserve 'Keep mode, owner, times and extended attributes of SRC'
            cand --mkdirs 'Make missing directories of PATH'
            cand -n 'Leave a file that is there as it is'
            cand --no-clobber 'Leave a file that is there as it is'
            cand --append 'Write at the end of the file'
            cand -x 'Leave empty what other filesystems are mounted on'
            cand --one-file-system 'Leave empty what other filesystems are mounted on'
            cand --dry-run 'Say what would change, and change nothing'
            cand --no-sync 'Do not wait for the disk: a kill does no harm, a power cut may'
            cand --force 'Write to a filesystem that is marked as having errors, or was not unmounted'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mpimg;readlink'= {
            cand -b 'Go by the superblock in block N, a backup'
            cand --superblock 'Go by the superblock in block N, a backup'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand -0 'End each line with NUL instead of newline'
            cand --zero 'End each line with NUL instead of newline'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'mpimg;recover'= {
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'mpimg;rm'= {
            cand --output 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is'
            cand --stats 'Tell on standard error how the data was written: bios, merges, fallbacks, calls'
            cand --progress 'Show a progress bar on standard error, where that is a terminal'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand -r 'Remove directories with all that is below them'
            cand --recursive 'Remove directories with all that is below them'
            cand -f 'What is not there is no error'
            cand --dry-run 'Say what would change, and change nothing'
            cand --no-sync 'Do not wait for the disk: a kill does no harm, a power cut may'
            cand --force 'Write to a filesystem that is marked as having errors, or was not unmounted'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mpimg;stat'= {
            cand -b 'Go by the superblock in block N, a backup'
            cand --superblock 'Go by the superblock in block N, a backup'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand -L 'Follow a symbolic link that a path ends in'
            cand --dereference 'Follow a symbolic link that a path ends in'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'mpimg;sum'= {
            cand -b 'Go by the superblock in block N, a backup'
            cand --superblock 'Go by the superblock in block N, a backup'
            cand -c 'Check the files that FILE of the host lists, or standard input where it is -'
            cand --check 'Check the files that FILE of the host lists, or standard input where it is -'
            cand --stats 'Tell on standard error how the data was moved: bios, merges, fallbacks, calls'
            cand --progress 'Show a progress bar on standard error, where that is a terminal'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand -r 'Regular files below directories, too'
            cand --recursive 'Regular files below directories, too'
            cand --quiet 'With --check, do not print OK for each file that is'
            cand --status 'With --check, print nothing: the exit code tells'
            cand -z 'End each line with NUL instead of newline, and escape no path'
            cand --zero 'End each line with NUL instead of newline, and escape no path'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mpimg;tar'= {
            cand -b 'Go by the superblock in block N, a backup'
            cand --superblock 'Go by the superblock in block N, a backup'
            cand --owner 'Let all belong to USER, USER:GROUP, USER: or :GROUP, by numbers or names of the image'
            cand --mtime 'Give all this time: now, @SECONDS, or YYYY-MM-DD HH:MM[:SS] with or without a zone'
            cand --strip-components 'Take N components off the start of each name; what has no more is left out'
            cand --sparse 'Whether holes of files are kept'
            cand --stats 'Tell on standard error how the data was moved: bios, merges, fallbacks, calls'
            cand --progress 'Show a progress bar on standard error, where that is a terminal'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mpimg;touch'= {
            cand -d 'Set this time: YYYY-MM-DD [HH:MM[:SS] [ZONE]], @SECONDS, now'
            cand --date 'Set this time: YYYY-MM-DD [HH:MM[:SS] [ZONE]], @SECONDS, now'
            cand -r 'Set the times that PATH of the image has'
            cand --reference 'Set the times that PATH of the image has'
            cand --output 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is'
            cand --stats 'Tell on standard error how the data was written: bios, merges, fallbacks, calls'
            cand --progress 'Show a progress bar on standard error, where that is a terminal'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand -a 'Set only the time of the last read'
            cand -m 'Set only the time of the last change'
            cand -c 'Make no file'
            cand --no-create 'Make no file'
            cand -h 'Change symbolic links, not what they lead to'
            cand --no-dereference 'Change symbolic links, not what they lead to'
            cand --help 'Print help'
            cand --dry-run 'Say what would change, and change nothing'
            cand --no-sync 'Do not wait for the disk: a kill does no harm, a power cut may'
            cand --force 'Write to a filesystem that is marked as having errors, or was not unmounted'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
        }
        &'mpimg;truncate'= {
            cand -s 'Their size in bytes, with suffixes K, M, G, T; +, -, <, >, / and % go by the size there is'
            cand --size 'Their size in bytes, with suffixes K, M, G, T; +, -, <, >, / and % go by the size there is'
            cand --output 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is'
            cand --stats 'Tell on standard error how the data was written: bios, merges, fallbacks, calls'
            cand --progress 'Show a progress bar on standard error, where that is a terminal'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand -c 'Make no file'
            cand --no-create 'Make no file'
            cand --dry-run 'Say what would change, and change nothing'
            cand --no-sync 'Do not wait for the disk: a kill does no harm, a power cut may'
            cand --force 'Write to a filesystem that is marked as having errors, or was not unmounted'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mpimg;untar'= {
            cand -f 'The archive, or - for standard input'
            cand --file 'The archive, or - for standard input'
            cand --owner 'Set owner and group of all: USER[:GROUP], numbers or names that the tree knows'
            cand --mtime 'Set the time of the last change of all'
            cand --sparse 'What becomes a hole'
            cand --owner-map 'Replace owners, groups or both by number: [u:|g:]FROM[-LAST]:TO; may be repeated'
            cand --manifest 'Make and change what FILE lists: types, modes, owners, device numbers, times'
            cand --manifest-form 'Whose tables the manifest is like: how COUNT counts'
            cand --clamp-mtime 'Let no time be later than DATE'
            cand --memory 'Let SIZE bytes of content wait in memory at most; names and attributes take about 130 bytes a file beside that [default: 64M]'
            cand --strip-components 'Take N names from the front of each path in an archive'
            cand --output 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is'
            cand --stats 'Tell on standard error how the data was written: bios, merges, fallbacks, calls'
            cand --progress 'Show a progress bar on standard error, where that is a terminal'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand --mkdirs 'Make missing directories of PATH'
            cand -p 'Keep owners and groups as the host has them'
            cand --preserve 'Keep owners and groups as the host has them'
            cand -x 'Leave empty what other filesystems are mounted on'
            cand --one-file-system 'Leave empty what other filesystems are mounted on'
            cand --whiteouts 'Take .wh. files of an archive for what they say of an image''s layer: what is to go'
            cand --dry-run 'Say what would change, and change nothing'
            cand --no-sync 'Do not wait for the disk: a kill does no harm, a power cut may'
            cand --force 'Write to a filesystem that is marked as having errors, or was not unmounted'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mpimg;xattr'= {
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
            cand -h 'Print help'
            cand --help 'Print help'
            cand ls 'List the names of extended attributes'
            cand get 'Print the value of an extended attribute'
            cand set 'Set an extended attribute'
            cand rm 'Remove extended attributes'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'mpimg;xattr;ls'= {
            cand -b 'Go by the superblock in block N, a backup'
            cand --superblock 'Go by the superblock in block N, a backup'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand -h 'Take a symbolic link itself, not what it leads to'
            cand --no-dereference 'Take a symbolic link itself, not what it leads to'
            cand --help 'Print help'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
        }
        &'mpimg;xattr;get'= {
            cand -b 'Go by the superblock in block N, a backup'
            cand --superblock 'Go by the superblock in block N, a backup'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand -h 'Take a symbolic link itself, not what it leads to'
            cand --no-dereference 'Take a symbolic link itself, not what it leads to'
            cand --help 'Print help'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
        }
        &'mpimg;xattr;set'= {
            cand --output 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is'
            cand --stats 'Tell on standard error how the data was written: bios, merges, fallbacks, calls'
            cand --progress 'Show a progress bar on standard error, where that is a terminal'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand -h 'Take a symbolic link itself, not what it leads to'
            cand --no-dereference 'Take a symbolic link itself, not what it leads to'
            cand --help 'Print help'
            cand --dry-run 'Say what would change, and change nothing'
            cand --no-sync 'Do not wait for the disk: a kill does no harm, a power cut may'
            cand --force 'Write to a filesystem that is marked as having errors, or was not unmounted'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
        }
        &'mpimg;xattr;rm'= {
            cand --output 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is'
            cand --stats 'Tell on standard error how the data was written: bios, merges, fallbacks, calls'
            cand --progress 'Show a progress bar on standard error, where that is a terminal'
            cand --partition 'Take partition N of a disk image, or the only one that holds ext2'
            cand --wait 'Wait up to SECS seconds for an image that is in use'
            cand --log 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE'
            cand -h 'Take a symbolic link itself, not what it leads to'
            cand --no-dereference 'Take a symbolic link itself, not what it leads to'
            cand --help 'Print help'
            cand --dry-run 'Say what would change, and change nothing'
            cand --no-sync 'Do not wait for the disk: a kill does no harm, a power cut may'
            cand --force 'Write to a filesystem that is marked as having errors, or was not unmounted'
            cand --no-lock 'Do not lock the image'
            cand --json 'Print JSON, one object a line; errors too, with a stable code'
        }
        &'mpimg;xattr;help'= {
            cand ls 'List the names of extended attributes'
            cand get 'Print the value of an extended attribute'
            cand set 'Set an extended attribute'
            cand rm 'Remove extended attributes'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'mpimg;xattr;help;ls'= {
        }
        &'mpimg;xattr;help;get'= {
        }
        &'mpimg;xattr;help;set'= {
        }
        &'mpimg;xattr;help;rm'= {
        }
        &'mpimg;xattr;help;help'= {
        }
        &'mpimg;help'= {
            cand batch 'Make many changes to an image, all of them or none'
            cand cat 'Write files of an image to standard output'
            cand chmod 'Change the permissions of files and directories'
            cand chown 'Change owner and group of files and directories'
            cand create 'Make a new filesystem, empty or of a directory or an archive'
            cand df 'Show how full a filesystem is'
            cand du 'Show how much files and directories take'
            cand get 'Copy files and directories out of an image'
            cand find 'Find files by name, type, size, owner, time and more'
            cand info 'Show a filesystem''s superblock, groups and features'
            cand ln 'Make hard links and symbolic links'
            cand ls 'List directories of an image'
            cand map 'Show how files lie on the disk, like filefrag -v'
            cand mkdir 'Make directories in an image'
            cand mknod 'Make devices and FIFOs in an image'
            cand mv 'Rename and move files and directories'
            cand plan 'Show how a file would be read, or written: bios, fallbacks and zeroed pages in order'
            cand put 'Write a file into an image'
            cand readlink 'Print where symbolic links lead'
            cand recover 'Finish the commit of a command that was interrupted'
            cand rm 'Remove files and directories from an image'
            cand stat 'Show what inodes say: type, size, owner, times, extended attributes'
            cand sum 'Print or check CRC-32 checksums of files of an image'
            cand tar 'Write files and directories of an image to standard output as a tar archive'
            cand touch 'Set times of files, and make empty ones'
            cand truncate 'Make files longer or shorter'
            cand untar 'Put what is in an archive into an image'
            cand xattr 'List, print, set and remove extended attributes'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'mpimg;help;batch'= {
        }
        &'mpimg;help;cat'= {
        }
        &'mpimg;help;chmod'= {
        }
        &'mpimg;help;chown'= {
        }
        &'mpimg;help;create'= {
        }
        &'mpimg;help;df'= {
        }
        &'mpimg;help;du'= {
        }
        &'mpimg;help;get'= {
        }
        &'mpimg;help;find'= {
        }
        &'mpimg;help;info'= {
        }
        &'mpimg;help;ln'= {
        }
        &'mpimg;help;ls'= {
        }
        &'mpimg;help;map'= {
        }
        &'mpimg;help;mkdir'= {
        }
        &'mpimg;help;mknod'= {
        }
        &'mpimg;help;mv'= {
        }
        &'mpimg;help;plan'= {
        }
        &'mpimg;help;put'= {
        }
        &'mpimg;help;readlink'= {
        }
        &'mpimg;help;recover'= {
        }
        &'mpimg;help;rm'= {
        }
        &'mpimg;help;stat'= {
        }
        &'mpimg;help;sum'= {
        }
        &'mpimg;help;tar'= {
        }
        &'mpimg;help;touch'= {
        }
        &'mpimg;help;truncate'= {
        }
        &'mpimg;help;untar'= {
        }
        &'mpimg;help;xattr'= {
            cand ls 'List the names of extended attributes'
            cand get 'Print the value of an extended attribute'
            cand set 'Set an extended attribute'
            cand rm 'Remove extended attributes'
        }
        &'mpimg;help;xattr;ls'= {
        }
        &'mpimg;help;xattr;get'= {
        }
        &'mpimg;help;xattr;set'= {
        }
        &'mpimg;help;xattr;rm'= {
        }
        &'mpimg;help;help'= {
        }
    ]
    $completions[$command]
}
