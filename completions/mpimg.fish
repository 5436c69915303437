# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_mpimg_global_optspecs
    string join \n partition= no-lock wait= log= json h/help V/version
end

function __fish_mpimg_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_mpimg_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_mpimg_using_subcommand
    set -l cmd (__fish_mpimg_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c mpimg -n "__fish_mpimg_needs_command" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_needs_command" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_needs_command" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_needs_command" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_needs_command" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_needs_command" -s h -l help -d 'Print help'
complete -c mpimg -n "__fish_mpimg_needs_command" -s V -l version -d 'Print version'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "batch" -d 'Make many changes to an image, all of them or none'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "cat" -d 'Write files of an image to standard output'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "chmod" -d 'Change the permissions of files and directories'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "chown" -d 'Change owner and group of files and directories'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "create" -d 'Make a new filesystem, empty or of a directory or an archive'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "df" -d 'Show how full a filesystem is'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "du" -d 'Show how much files and directories take'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "get" -d 'Copy files and directories out of an image'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "find" -d 'Find files by name, type, size, owner, time and more'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "info" -d 'Show a filesystem\'s superblock, groups and features'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "ln" -d 'Make hard links and symbolic links'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "ls" -d 'List directories of an image'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "map" -d 'Show how files lie on the disk, like filefrag -v'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "mkdir" -d 'Make directories in an image'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "mknod" -d 'Make devices and FIFOs in an image'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "mv" -d 'Rename and move files and directories'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "plan" -d 'Show how a file would be read, or written: bios, fallbacks and zeroed pages in order'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "put" -d 'Write a file into an image'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "readlink" -d 'Print where symbolic links lead'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "recover" -d 'Finish the commit of a command that was interrupted'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "rm" -d 'Remove files and directories from an image'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "stat" -d 'Show what inodes say: type, size, owner, times, extended attributes'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "sum" -d 'Print or check CRC-32 checksums of files of an image'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "tar" -d 'Write files and directories of an image to standard output as a tar archive'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "touch" -d 'Set times of files, and make empty ones'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "truncate" -d 'Make files longer or shorter'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "untar" -d 'Put what is in an archive into an image'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "xattr" -d 'List, print, set and remove extended attributes'
complete -c mpimg -n "__fish_mpimg_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mpimg -n "__fish_mpimg_using_subcommand batch" -l output -d 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand batch" -l stats -d 'Tell on standard error how the data was written: bios, merges, fallbacks, calls' -r -f -a "table\t'A table'
json\t'One JSON object'"
complete -c mpimg -n "__fish_mpimg_using_subcommand batch" -l progress -d 'Show a progress bar on standard error, where that is a terminal' -r -f -a "auto\t'On a terminal, when it lasts'
always\t'Always'
never\t'Never'"
complete -c mpimg -n "__fish_mpimg_using_subcommand batch" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand batch" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand batch" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand batch" -s 0 -l null -d 'Arguments end with NUL, and an empty one ends a command'
complete -c mpimg -n "__fish_mpimg_using_subcommand batch" -l dry-run -d 'Say what would change, and change nothing'
complete -c mpimg -n "__fish_mpimg_using_subcommand batch" -l no-sync -d 'Do not wait for the disk: a kill does no harm, a power cut may'
complete -c mpimg -n "__fish_mpimg_using_subcommand batch" -l force -d 'Write to a filesystem that is marked as having errors, or was not unmounted'
complete -c mpimg -n "__fish_mpimg_using_subcommand batch" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand batch" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand batch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mpimg -n "__fish_mpimg_using_subcommand cat" -s b -l superblock -d 'Go by the superblock in block N, a backup' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand cat" -l offset -d 'Begin at byte BYTES of each file' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand cat" -l length -d 'Write at most BYTES bytes of each file' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand cat" -l on-error -d 'What to do with ranges that cannot be read' -r -f -a "fail\t'End the output of the file before the first'
zero\t'Write zeros in their place'"
complete -c mpimg -n "__fish_mpimg_using_subcommand cat" -l stats -d 'Tell on standard error how the data was moved: bios, merges, fallbacks, calls' -r -f -a "table\t'A table'
json\t'One JSON object'"
complete -c mpimg -n "__fish_mpimg_using_subcommand cat" -l progress -d 'Show a progress bar on standard error, where that is a terminal' -r -f -a "auto\t'On a terminal, when it lasts'
always\t'Always'
never\t'Never'"
complete -c mpimg -n "__fish_mpimg_using_subcommand cat" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand cat" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand cat" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand cat" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand cat" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand cat" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mpimg -n "__fish_mpimg_using_subcommand chmod" -l output -d 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand chmod" -l stats -d 'Tell on standard error how the data was written: bios, merges, fallbacks, calls' -r -f -a "table\t'A table'
json\t'One JSON object'"
complete -c mpimg -n "__fish_mpimg_using_subcommand chmod" -l progress -d 'Show a progress bar on standard error, where that is a terminal' -r -f -a "auto\t'On a terminal, when it lasts'
always\t'Always'
never\t'Never'"
complete -c mpimg -n "__fish_mpimg_using_subcommand chmod" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand chmod" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand chmod" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand chmod" -s R -l recursive -d 'Change all that is below directories, too'
complete -c mpimg -n "__fish_mpimg_using_subcommand chmod" -l dry-run -d 'Say what would change, and change nothing'
complete -c mpimg -n "__fish_mpimg_using_subcommand chmod" -l no-sync -d 'Do not wait for the disk: a kill does no harm, a power cut may'
complete -c mpimg -n "__fish_mpimg_using_subcommand chmod" -l force -d 'Write to a filesystem that is marked as having errors, or was not unmounted'
complete -c mpimg -n "__fish_mpimg_using_subcommand chmod" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand chmod" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand chmod" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mpimg -n "__fish_mpimg_using_subcommand chown" -l output -d 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand chown" -l stats -d 'Tell on standard error how the data was written: bios, merges, fallbacks, calls' -r -f -a "table\t'A table'
json\t'One JSON object'"
complete -c mpimg -n "__fish_mpimg_using_subcommand chown" -l progress -d 'Show a progress bar on standard error, where that is a terminal' -r -f -a "auto\t'On a terminal, when it lasts'
always\t'Always'
never\t'Never'"
complete -c mpimg -n "__fish_mpimg_using_subcommand chown" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand chown" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand chown" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand chown" -s R -l recursive -d 'Change all that is below directories, too'
complete -c mpimg -n "__fish_mpimg_using_subcommand chown" -s h -l no-dereference -d 'Change symbolic links, not what they lead to'
complete -c mpimg -n "__fish_mpimg_using_subcommand chown" -l help -d 'Print help'
complete -c mpimg -n "__fish_mpimg_using_subcommand chown" -l dry-run -d 'Say what would change, and change nothing'
complete -c mpimg -n "__fish_mpimg_using_subcommand chown" -l no-sync -d 'Do not wait for the disk: a kill does no harm, a power cut may'
complete -c mpimg -n "__fish_mpimg_using_subcommand chown" -l force -d 'Write to a filesystem that is marked as having errors, or was not unmounted'
complete -c mpimg -n "__fish_mpimg_using_subcommand chown" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand chown" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -l from -d 'Fill it with a directory or a tar archive (plain, gzip, zstd, xz; - for standard input)' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -l offset -d 'Let the filesystem begin at OFFSET bytes of IMG' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -l stats -d 'Tell on standard error how the image was written' -r -f -a "table\t'A table'
json\t'One JSON object'"
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -s s -l size -d 'Its size; auto for the smallest that holds all, auto+N% for N percent more' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -s b -l block-size -d 'Bytes in a block: 1024 to 65536' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -s N -l inodes -d 'Inodes, or a few more; auto for as many as it takes, or one for every 4 to 64 KiB of a given size' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -s I -l inode-size -d 'Bytes in an inode: 128 or more; those of 128 have no times past 2038, and no fractions of them' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -s m -l reserved -d 'Percent of the blocks that only root may use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -s L -l label -d 'Its label, of 16 bytes at most' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -s U -l uuid -d 'Its UUID: given, random, or derived from what the image holds' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -s O -l features -d 'Features to add, or with ^ to leave out: ext_attr, resize_inode, dir_index, filetype, sparse_super, large_file (all there by themselves); none for none' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -l hash -d 'The hash of directory indexes' -r -f -a "half_md4\t'Half MD4, of names as signed characters'
half_md4_unsigned\t'Half MD4, unsigned'
tea\t'TEA, signed'
tea_unsigned\t'TEA, unsigned'
legacy\t'The oldest, signed'
legacy_unsigned\t'The oldest, unsigned'"
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -l hash-seed -d 'The seed of the hash, a UUID [default: derived from names and attributes]' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -l owner -d 'Set owner and group of all: USER[:GROUP], numbers or names that the tree knows' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -l mtime -d 'Set the time of the last change of all' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -l sparse -d 'What becomes a hole' -r -f -a "auto\t'What is one in SRC'
always\t'Blocks of zeros, too'
never\t'Nothing'"
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -l owner-map -d 'Replace owners, groups or both by number: [u:|g:]FROM[-LAST]:TO; may be repeated' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -l manifest -d 'Make and change what FILE lists: types, modes, owners, device numbers, times' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -l manifest-form -d 'Whose tables the manifest is like: how COUNT counts' -r -f -a "genext2fs\t'Numbers from START up to, but without, COUNT; files are made'
makedevs\t'COUNT numbers from START on; files have to be there'"
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -l clamp-mtime -d 'Let no time be later than DATE' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -l memory -d 'Let SIZE bytes of content wait in memory at most; names and attributes take about 130 bytes a file beside that [default: 64M]' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -l strip-components -d 'Take N names from the front of each path in an archive' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -l progress -d 'Show progress on standard error, where that is a terminal' -r -f -a "auto\t'On a terminal, when it lasts'
always\t'Always'
never\t'Never'"
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -l force -d 'Replace what IMG holds'
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -l dry-run -d 'Say what would be made, and make nothing'
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -l no-sync -d 'Do not wait for the disk'
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -s p -l preserve -d 'Keep owners and groups as the host has them'
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -s x -l one-file-system -d 'Leave empty what other filesystems are mounted on'
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -l whiteouts -d 'Take .wh. files of an archive for what they say of an image\'s layer: what is to go'
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mpimg -n "__fish_mpimg_using_subcommand df" -s b -l superblock -d 'Go by the superblock in block N, a backup' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand df" -s B -l block-size -d 'Sizes in units of SIZE bytes, 1M or 512 for instance; a suffix alone (K, M, G, T, or kB, MB, GB, TB) stands behind each size' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand df" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand df" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand df" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand df" -s i -l inodes -d 'Inodes instead of blocks'
complete -c mpimg -n "__fish_mpimg_using_subcommand df" -s h -l human-readable -d 'Sizes such as 1.5K'
complete -c mpimg -n "__fish_mpimg_using_subcommand df" -s k -d 'Sizes in units of 1 KiB, as without options'
complete -c mpimg -n "__fish_mpimg_using_subcommand df" -l help -d 'Print help'
complete -c mpimg -n "__fish_mpimg_using_subcommand df" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand df" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand du" -s d -l max-depth -d 'Only what lies no more than N names below a PATH' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand du" -s B -l block-size -d 'Sizes in units of SIZE bytes, 1M or 512 for instance; a suffix alone (K, M, G, T, or kB, MB, GB, TB) stands behind each size' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand du" -l superblock -d 'Go by the superblock in block N, a backup' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand du" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand du" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand du" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand du" -s a -l all -d 'Files too, not only directories'
complete -c mpimg -n "__fish_mpimg_using_subcommand du" -s s -l summarize -d 'Only the sum of each PATH'
complete -c mpimg -n "__fish_mpimg_using_subcommand du" -s c -l total -d 'The sum of all PATHs, too'
complete -c mpimg -n "__fish_mpimg_using_subcommand du" -l apparent-size -d 'Lengths instead of what is given up for them'
complete -c mpimg -n "__fish_mpimg_using_subcommand du" -s b -l bytes -d 'Lengths in bytes: --apparent-size --block-size=1'
complete -c mpimg -n "__fish_mpimg_using_subcommand du" -s h -l human-readable -d 'Sizes such as 1.5K'
complete -c mpimg -n "__fish_mpimg_using_subcommand du" -s k -d 'Sizes in units of 1 KiB, as without options'
complete -c mpimg -n "__fish_mpimg_using_subcommand du" -s 0 -l null -d 'End each line with NUL instead of newline'
complete -c mpimg -n "__fish_mpimg_using_subcommand du" -l help -d 'Print help'
complete -c mpimg -n "__fish_mpimg_using_subcommand du" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand du" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand get" -s b -l superblock -d 'Go by the superblock in block N, a backup' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand get" -l sparse -d 'What becomes a hole' -r -f -a "auto\t'What is one in SRC'
always\t'Blocks of zeros, too'
never\t'Nothing'"
complete -c mpimg -n "__fish_mpimg_using_subcommand get" -l max-bytes -d 'Leave out what would make it more than BYTES bytes in all, by the sizes that files claim' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand get" -l max-depth -d 'Enter no directory more than N levels below PATH' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand get" -l stats -d 'Tell on standard error how the data was moved: bios, merges, fallbacks, calls' -r -f -a "table\t'A table'
json\t'One JSON object'"
complete -c mpimg -n "__fish_mpimg_using_subcommand get" -l progress -d 'Show a progress bar on standard error, where that is a terminal' -r -f -a "auto\t'On a terminal, when it lasts'
always\t'Always'
never\t'Never'"
complete -c mpimg -n "__fish_mpimg_using_subcommand get" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand get" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand get" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand get" -s r -s R -l recursive -d 'A directory and all below it'
complete -c mpimg -n "__fish_mpimg_using_subcommand get" -s p -l preserve-permissions -d 'Keep set-user-ID and set-group-ID bits, and file capabilities'
complete -c mpimg -n "__fish_mpimg_using_subcommand get" -l same-owner -d 'Keep owners and groups, by number'
complete -c mpimg -n "__fish_mpimg_using_subcommand get" -s P -l no-dereference -d 'Copy a symbolic link as a link, also without -r'
complete -c mpimg -n "__fish_mpimg_using_subcommand get" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand get" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mpimg -n "__fish_mpimg_using_subcommand find" -s b -l superblock -d 'Go by the superblock in block N, a backup' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand find" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand find" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand find" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand find" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand find" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand find" -s h -l help -d 'Print help'
complete -c mpimg -n "__fish_mpimg_using_subcommand info" -s b -l superblock -d 'Go by the superblock in block N, a backup' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand info" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand info" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand info" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand info" -l header -d 'The superblock alone, without the groups'
complete -c mpimg -n "__fish_mpimg_using_subcommand info" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand info" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand info" -s h -l help -d 'Print help'
complete -c mpimg -n "__fish_mpimg_using_subcommand ln" -l output -d 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand ln" -l stats -d 'Tell on standard error how the data was written: bios, merges, fallbacks, calls' -r -f -a "table\t'A table'
json\t'One JSON object'"
complete -c mpimg -n "__fish_mpimg_using_subcommand ln" -l progress -d 'Show a progress bar on standard error, where that is a terminal' -r -f -a "auto\t'On a terminal, when it lasts'
always\t'Always'
never\t'Never'"
complete -c mpimg -n "__fish_mpimg_using_subcommand ln" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand ln" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand ln" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand ln" -s s -l symbolic -d 'Make symbolic links'
complete -c mpimg -n "__fish_mpimg_using_subcommand ln" -s f -d 'Replace what is there, if it is no directory'
complete -c mpimg -n "__fish_mpimg_using_subcommand ln" -s n -l no-dereference -d 'Take LINK for the link where it is a symbolic link to a directory'
complete -c mpimg -n "__fish_mpimg_using_subcommand ln" -s T -l no-target-directory -d 'Take LINK for the link, also where it is a directory'
complete -c mpimg -n "__fish_mpimg_using_subcommand ln" -l dry-run -d 'Say what would change, and change nothing'
complete -c mpimg -n "__fish_mpimg_using_subcommand ln" -l no-sync -d 'Do not wait for the disk: a kill does no harm, a power cut may'
complete -c mpimg -n "__fish_mpimg_using_subcommand ln" -l force -d 'Write to a filesystem that is marked as having errors, or was not unmounted'
complete -c mpimg -n "__fish_mpimg_using_subcommand ln" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand ln" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand ln" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mpimg -n "__fish_mpimg_using_subcommand ls" -s b -l superblock -d 'Go by the superblock in block N, a backup' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand ls" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand ls" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand ls" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand ls" -s l -l long -d 'Type, mode, links, owner, group, size and time'
complete -c mpimg -n "__fish_mpimg_using_subcommand ls" -s a -l all -d 'Names that begin with a dot, too'
complete -c mpimg -n "__fish_mpimg_using_subcommand ls" -s R -l recursive -d 'Directories below, too'
complete -c mpimg -n "__fish_mpimg_using_subcommand ls" -s i -l inode -d 'Inode numbers'
complete -c mpimg -n "__fish_mpimg_using_subcommand ls" -s n -l numeric-uid-gid -d 'Like -l, with owners as numbers'
complete -c mpimg -n "__fish_mpimg_using_subcommand ls" -s d -l directory -d 'Directories themselves, not what they hold'
complete -c mpimg -n "__fish_mpimg_using_subcommand ls" -s 0 -l zero -d 'End each line with NUL instead of newline'
complete -c mpimg -n "__fish_mpimg_using_subcommand ls" -s 1 -d 'One name a line'
complete -c mpimg -n "__fish_mpimg_using_subcommand ls" -s h -l human-readable -d 'Sizes such as 1.5K'
complete -c mpimg -n "__fish_mpimg_using_subcommand ls" -l help -d 'Print help'
complete -c mpimg -n "__fish_mpimg_using_subcommand ls" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand ls" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand map" -s b -l superblock -d 'Go by the superblock in block N, a backup' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand map" -l strip -d 'Draw the file and the disk as strips' -r -f -a "auto\t'On a terminal, when it lasts'
always\t'Always'
never\t'Never'"
complete -c mpimg -n "__fish_mpimg_using_subcommand map" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand map" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand map" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand map" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand map" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand map" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mpimg -n "__fish_mpimg_using_subcommand mkdir" -s m -l mode -d 'Set the permissions of PATH: octal, or symbolic as for chmod' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand mkdir" -l output -d 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand mkdir" -l stats -d 'Tell on standard error how the data was written: bios, merges, fallbacks, calls' -r -f -a "table\t'A table'
json\t'One JSON object'"
complete -c mpimg -n "__fish_mpimg_using_subcommand mkdir" -l progress -d 'Show a progress bar on standard error, where that is a terminal' -r -f -a "auto\t'On a terminal, when it lasts'
always\t'Always'
never\t'Never'"
complete -c mpimg -n "__fish_mpimg_using_subcommand mkdir" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand mkdir" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand mkdir" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand mkdir" -s p -l parents -d 'Make missing directories above them too; what is there already is no error'
complete -c mpimg -n "__fish_mpimg_using_subcommand mkdir" -l dry-run -d 'Say what would change, and change nothing'
complete -c mpimg -n "__fish_mpimg_using_subcommand mkdir" -l no-sync -d 'Do not wait for the disk: a kill does no harm, a power cut may'
complete -c mpimg -n "__fish_mpimg_using_subcommand mkdir" -l force -d 'Write to a filesystem that is marked as having errors, or was not unmounted'
complete -c mpimg -n "__fish_mpimg_using_subcommand mkdir" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand mkdir" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand mkdir" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mpimg -n "__fish_mpimg_using_subcommand mknod" -s m -l mode -d 'Set the permissions: octal, or symbolic as for chmod' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand mknod" -l output -d 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand mknod" -l stats -d 'Tell on standard error how the data was written: bios, merges, fallbacks, calls' -r -f -a "table\t'A table'
json\t'One JSON object'"
complete -c mpimg -n "__fish_mpimg_using_subcommand mknod" -l progress -d 'Show a progress bar on standard error, where that is a terminal' -r -f -a "auto\t'On a terminal, when it lasts'
always\t'Always'
never\t'Never'"
complete -c mpimg -n "__fish_mpimg_using_subcommand mknod" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand mknod" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand mknod" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand mknod" -l dry-run -d 'Say what would change, and change nothing'
complete -c mpimg -n "__fish_mpimg_using_subcommand mknod" -l no-sync -d 'Do not wait for the disk: a kill does no harm, a power cut may'
complete -c mpimg -n "__fish_mpimg_using_subcommand mknod" -l force -d 'Write to a filesystem that is marked as having errors, or was not unmounted'
complete -c mpimg -n "__fish_mpimg_using_subcommand mknod" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand mknod" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand mknod" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mpimg -n "__fish_mpimg_using_subcommand mv" -l output -d 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand mv" -l stats -d 'Tell on standard error how the data was written: bios, merges, fallbacks, calls' -r -f -a "table\t'A table'
json\t'One JSON object'"
complete -c mpimg -n "__fish_mpimg_using_subcommand mv" -l progress -d 'Show a progress bar on standard error, where that is a terminal' -r -f -a "auto\t'On a terminal, when it lasts'
always\t'Always'
never\t'Never'"
complete -c mpimg -n "__fish_mpimg_using_subcommand mv" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand mv" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand mv" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand mv" -s n -l no-clobber -d 'Leave what is there as it is'
complete -c mpimg -n "__fish_mpimg_using_subcommand mv" -s f -d 'Replace what is there, as is done anyway'
complete -c mpimg -n "__fish_mpimg_using_subcommand mv" -s T -l no-target-directory -d 'Take DEST for the new name, also where it is a directory'
complete -c mpimg -n "__fish_mpimg_using_subcommand mv" -l dry-run -d 'Say what would change, and change nothing'
complete -c mpimg -n "__fish_mpimg_using_subcommand mv" -l no-sync -d 'Do not wait for the disk: a kill does no harm, a power cut may'
complete -c mpimg -n "__fish_mpimg_using_subcommand mv" -l force -d 'Write to a filesystem that is marked as having errors, or was not unmounted'
complete -c mpimg -n "__fish_mpimg_using_subcommand mv" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand mv" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand mv" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mpimg -n "__fish_mpimg_using_subcommand plan" -s b -l superblock -d 'Go by the superblock in block N, a backup' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand plan" -l readahead -d 'Pages in a window, 0 for the whole file [default: 1.25 MiB of them]' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand plan" -l bio-pages -d 'Pages in a bio at most [default: 256]' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand plan" -l page-size -d 'Bytes in a page, a power of two from the block size to 1 MiB [default: 4096, or the block size where that is larger]' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand plan" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand plan" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand plan" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand plan" -l write -d 'Show how the file\'s data would be written back'
complete -c mpimg -n "__fish_mpimg_using_subcommand plan" -l trace -d 'Show windows and mappings, too'
complete -c mpimg -n "__fish_mpimg_using_subcommand plan" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand plan" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand plan" -s h -l help -d 'Print help'
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -l mode -d 'Set the permissions: octal, or symbolic as for chmod' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -l owner -d 'Set owner and group: USER[:GROUP], numbers or names of the image' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -l mtime -d 'Set the time of the last change' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -l at -d 'Write at byte OFFSET of the file, and leave the rest as it is' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -l sparse -d 'What becomes a hole' -r -f -a "auto\t'What is one in SRC'
always\t'Blocks of zeros, too'
never\t'Nothing'"
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -l xattr -d 'Set an extended attribute: NAME=VALUE (text, 0x.., 0s..)' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -l owner-map -d 'Replace owners, groups or both by number: [u:|g:]FROM[-LAST]:TO; may be repeated' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -l manifest -d 'Make and change what FILE lists: types, modes, owners, device numbers, times' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -l manifest-form -d 'Whose tables the manifest is like: how COUNT counts' -r -f -a "genext2fs\t'Numbers from START up to, but without, COUNT; files are made'
makedevs\t'COUNT numbers from START on; files have to be there'"
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -l clamp-mtime -d 'Let no time be later than DATE' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -l memory -d 'Let SIZE bytes of content wait in memory at most; names and attributes take about 130 bytes a file beside that [default: 64M]' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -l output -d 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -l stats -d 'Tell on standard error how the data was written: bios, merges, fallbacks, calls' -r -f -a "table\t'A table'
json\t'One JSON object'"
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -l progress -d 'Show a progress bar on standard error, where that is a terminal' -r -f -a "auto\t'On a terminal, when it lasts'
always\t'Always'
never\t'Never'"
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -s r -l recursive -d 'Put a directory with all that is below it; PATH is what it becomes'
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -s p -l preserve -d 'Keep mode, owner, times and extended attributes of SRC'
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -l mkdirs -d 'Make missing directories of PATH'
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -s n -l no-clobber -d 'Leave a file that is there as it is'
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -l append -d 'Write at the end of the file'
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -s x -l one-file-system -d 'Leave empty what other filesystems are mounted on'
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -l dry-run -d 'Say what would change, and change nothing'
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -l no-sync -d 'Do not wait for the disk: a kill does no harm, a power cut may'
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -l force -d 'Write to a filesystem that is marked as having errors, or was not unmounted'
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand put" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mpimg -n "__fish_mpimg_using_subcommand readlink" -s b -l superblock -d 'Go by the superblock in block N, a backup' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand readlink" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand readlink" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand readlink" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand readlink" -s 0 -l zero -d 'End each line with NUL instead of newline'
complete -c mpimg -n "__fish_mpimg_using_subcommand readlink" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand readlink" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand readlink" -s h -l help -d 'Print help'
complete -c mpimg -n "__fish_mpimg_using_subcommand recover" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand recover" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand recover" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand recover" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand recover" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand recover" -s h -l help -d 'Print help'
complete -c mpimg -n "__fish_mpimg_using_subcommand rm" -l output -d 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand rm" -l stats -d 'Tell on standard error how the data was written: bios, merges, fallbacks, calls' -r -f -a "table\t'A table'
json\t'One JSON object'"
complete -c mpimg -n "__fish_mpimg_using_subcommand rm" -l progress -d 'Show a progress bar on standard error, where that is a terminal' -r -f -a "auto\t'On a terminal, when it lasts'
always\t'Always'
never\t'Never'"
complete -c mpimg -n "__fish_mpimg_using_subcommand rm" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand rm" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand rm" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand rm" -s r -l recursive -d 'Remove directories with all that is below them'
complete -c mpimg -n "__fish_mpimg_using_subcommand rm" -s f -d 'What is not there is no error'
complete -c mpimg -n "__fish_mpimg_using_subcommand rm" -l dry-run -d 'Say what would change, and change nothing'
complete -c mpimg -n "__fish_mpimg_using_subcommand rm" -l no-sync -d 'Do not wait for the disk: a kill does no harm, a power cut may'
complete -c mpimg -n "__fish_mpimg_using_subcommand rm" -l force -d 'Write to a filesystem that is marked as having errors, or was not unmounted'
complete -c mpimg -n "__fish_mpimg_using_subcommand rm" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand rm" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mpimg -n "__fish_mpimg_using_subcommand stat" -s b -l superblock -d 'Go by the superblock in block N, a backup' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand stat" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand stat" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand stat" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand stat" -s L -l dereference -d 'Follow a symbolic link that a path ends in'
complete -c mpimg -n "__fish_mpimg_using_subcommand stat" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand stat" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand stat" -s h -l help -d 'Print help'
complete -c mpimg -n "__fish_mpimg_using_subcommand sum" -s b -l superblock -d 'Go by the superblock in block N, a backup' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand sum" -s c -l check -d 'Check the files that FILE of the host lists, or standard input where it is -' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand sum" -l stats -d 'Tell on standard error how the data was moved: bios, merges, fallbacks, calls' -r -f -a "table\t'A table'
json\t'One JSON object'"
complete -c mpimg -n "__fish_mpimg_using_subcommand sum" -l progress -d 'Show a progress bar on standard error, where that is a terminal' -r -f -a "auto\t'On a terminal, when it lasts'
always\t'Always'
never\t'Never'"
complete -c mpimg -n "__fish_mpimg_using_subcommand sum" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand sum" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand sum" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand sum" -s r -l recursive -d 'Regular files below directories, too'
complete -c mpimg -n "__fish_mpimg_using_subcommand sum" -l quiet -d 'With --check, do not print OK for each file that is'
complete -c mpimg -n "__fish_mpimg_using_subcommand sum" -l status -d 'With --check, print nothing: the exit code tells'
complete -c mpimg -n "__fish_mpimg_using_subcommand sum" -s z -l zero -d 'End each line with NUL instead of newline, and escape no path'
complete -c mpimg -n "__fish_mpimg_using_subcommand sum" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand sum" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand sum" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mpimg -n "__fish_mpimg_using_subcommand tar" -s b -l superblock -d 'Go by the superblock in block N, a backup' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand tar" -l owner -d 'Let all belong to USER, USER:GROUP, USER: or :GROUP, by numbers or names of the image' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand tar" -l mtime -d 'Give all this time: now, @SECONDS, or YYYY-MM-DD HH:MM[:SS] with or without a zone' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand tar" -l strip-components -d 'Take N components off the start of each name; what has no more is left out' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand tar" -l sparse -d 'Whether holes of files are kept' -r -f -a "auto\t'Files with holes have them in the archive, too'
never\t'Holes are written as zeros'"
complete -c mpimg -n "__fish_mpimg_using_subcommand tar" -l stats -d 'Tell on standard error how the data was moved: bios, merges, fallbacks, calls' -r -f -a "table\t'A table'
json\t'One JSON object'"
complete -c mpimg -n "__fish_mpimg_using_subcommand tar" -l progress -d 'Show a progress bar on standard error, where that is a terminal' -r -f -a "auto\t'On a terminal, when it lasts'
always\t'Always'
never\t'Never'"
complete -c mpimg -n "__fish_mpimg_using_subcommand tar" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand tar" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand tar" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand tar" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand tar" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand tar" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mpimg -n "__fish_mpimg_using_subcommand touch" -s d -l date -d 'Set this time: YYYY-MM-DD [HH:MM[:SS] [ZONE]], @SECONDS, now' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand touch" -s r -l reference -d 'Set the times that PATH of the image has' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand touch" -l output -d 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand touch" -l stats -d 'Tell on standard error how the data was written: bios, merges, fallbacks, calls' -r -f -a "table\t'A table'
json\t'One JSON object'"
complete -c mpimg -n "__fish_mpimg_using_subcommand touch" -l progress -d 'Show a progress bar on standard error, where that is a terminal' -r -f -a "auto\t'On a terminal, when it lasts'
always\t'Always'
never\t'Never'"
complete -c mpimg -n "__fish_mpimg_using_subcommand touch" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand touch" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand touch" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand touch" -s a -d 'Set only the time of the last read'
complete -c mpimg -n "__fish_mpimg_using_subcommand touch" -s m -d 'Set only the time of the last change'
complete -c mpimg -n "__fish_mpimg_using_subcommand touch" -s c -l no-create -d 'Make no file'
complete -c mpimg -n "__fish_mpimg_using_subcommand touch" -s h -l no-dereference -d 'Change symbolic links, not what they lead to'
complete -c mpimg -n "__fish_mpimg_using_subcommand touch" -l help -d 'Print help'
complete -c mpimg -n "__fish_mpimg_using_subcommand touch" -l dry-run -d 'Say what would change, and change nothing'
complete -c mpimg -n "__fish_mpimg_using_subcommand touch" -l no-sync -d 'Do not wait for the disk: a kill does no harm, a power cut may'
complete -c mpimg -n "__fish_mpimg_using_subcommand touch" -l force -d 'Write to a filesystem that is marked as having errors, or was not unmounted'
complete -c mpimg -n "__fish_mpimg_using_subcommand touch" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand touch" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand truncate" -s s -l size -d 'Their size in bytes, with suffixes K, M, G, T; +, -, <, >, / and % go by the size there is' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand truncate" -l output -d 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand truncate" -l stats -d 'Tell on standard error how the data was written: bios, merges, fallbacks, calls' -r -f -a "table\t'A table'
json\t'One JSON object'"
complete -c mpimg -n "__fish_mpimg_using_subcommand truncate" -l progress -d 'Show a progress bar on standard error, where that is a terminal' -r -f -a "auto\t'On a terminal, when it lasts'
always\t'Always'
never\t'Never'"
complete -c mpimg -n "__fish_mpimg_using_subcommand truncate" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand truncate" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand truncate" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand truncate" -s c -l no-create -d 'Make no file'
complete -c mpimg -n "__fish_mpimg_using_subcommand truncate" -l dry-run -d 'Say what would change, and change nothing'
complete -c mpimg -n "__fish_mpimg_using_subcommand truncate" -l no-sync -d 'Do not wait for the disk: a kill does no harm, a power cut may'
complete -c mpimg -n "__fish_mpimg_using_subcommand truncate" -l force -d 'Write to a filesystem that is marked as having errors, or was not unmounted'
complete -c mpimg -n "__fish_mpimg_using_subcommand truncate" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand truncate" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand truncate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mpimg -n "__fish_mpimg_using_subcommand untar" -s f -l file -d 'The archive, or - for standard input' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand untar" -l owner -d 'Set owner and group of all: USER[:GROUP], numbers or names that the tree knows' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand untar" -l mtime -d 'Set the time of the last change of all' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand untar" -l sparse -d 'What becomes a hole' -r -f -a "auto\t'What is one in SRC'
always\t'Blocks of zeros, too'
never\t'Nothing'"
complete -c mpimg -n "__fish_mpimg_using_subcommand untar" -l owner-map -d 'Replace owners, groups or both by number: [u:|g:]FROM[-LAST]:TO; may be repeated' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand untar" -l manifest -d 'Make and change what FILE lists: types, modes, owners, device numbers, times' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand untar" -l manifest-form -d 'Whose tables the manifest is like: how COUNT counts' -r -f -a "genext2fs\t'Numbers from START up to, but without, COUNT; files are made'
makedevs\t'COUNT numbers from START on; files have to be there'"
complete -c mpimg -n "__fish_mpimg_using_subcommand untar" -l clamp-mtime -d 'Let no time be later than DATE' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand untar" -l memory -d 'Let SIZE bytes of content wait in memory at most; names and attributes take about 130 bytes a file beside that [default: 64M]' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand untar" -l strip-components -d 'Take N names from the front of each path in an archive' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand untar" -l output -d 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand untar" -l stats -d 'Tell on standard error how the data was written: bios, merges, fallbacks, calls' -r -f -a "table\t'A table'
json\t'One JSON object'"
complete -c mpimg -n "__fish_mpimg_using_subcommand untar" -l progress -d 'Show a progress bar on standard error, where that is a terminal' -r -f -a "auto\t'On a terminal, when it lasts'
always\t'Always'
never\t'Never'"
complete -c mpimg -n "__fish_mpimg_using_subcommand untar" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand untar" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand untar" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand untar" -l mkdirs -d 'Make missing directories of PATH'
complete -c mpimg -n "__fish_mpimg_using_subcommand untar" -s p -l preserve -d 'Keep owners and groups as the host has them'
complete -c mpimg -n "__fish_mpimg_using_subcommand untar" -s x -l one-file-system -d 'Leave empty what other filesystems are mounted on'
complete -c mpimg -n "__fish_mpimg_using_subcommand untar" -l whiteouts -d 'Take .wh. files of an archive for what they say of an image\'s layer: what is to go'
complete -c mpimg -n "__fish_mpimg_using_subcommand untar" -l dry-run -d 'Say what would change, and change nothing'
complete -c mpimg -n "__fish_mpimg_using_subcommand untar" -l no-sync -d 'Do not wait for the disk: a kill does no harm, a power cut may'
complete -c mpimg -n "__fish_mpimg_using_subcommand untar" -l force -d 'Write to a filesystem that is marked as having errors, or was not unmounted'
complete -c mpimg -n "__fish_mpimg_using_subcommand untar" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand untar" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand untar" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and not __fish_seen_subcommand_from ls get set rm help" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and not __fish_seen_subcommand_from ls get set rm help" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and not __fish_seen_subcommand_from ls get set rm help" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and not __fish_seen_subcommand_from ls get set rm help" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and not __fish_seen_subcommand_from ls get set rm help" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and not __fish_seen_subcommand_from ls get set rm help" -s h -l help -d 'Print help'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and not __fish_seen_subcommand_from ls get set rm help" -f -a "ls" -d 'List the names of extended attributes'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and not __fish_seen_subcommand_from ls get set rm help" -f -a "get" -d 'Print the value of an extended attribute'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and not __fish_seen_subcommand_from ls get set rm help" -f -a "set" -d 'Set an extended attribute'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and not __fish_seen_subcommand_from ls get set rm help" -f -a "rm" -d 'Remove extended attributes'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and not __fish_seen_subcommand_from ls get set rm help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from ls" -s b -l superblock -d 'Go by the superblock in block N, a backup' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from ls" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from ls" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from ls" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from ls" -s h -l no-dereference -d 'Take a symbolic link itself, not what it leads to'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from ls" -l help -d 'Print help'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from ls" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from ls" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from get" -s b -l superblock -d 'Go by the superblock in block N, a backup' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from get" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from get" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from get" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from get" -s h -l no-dereference -d 'Take a symbolic link itself, not what it leads to'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from get" -l help -d 'Print help'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from get" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from get" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from set" -l output -d 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from set" -l stats -d 'Tell on standard error how the data was written: bios, merges, fallbacks, calls' -r -f -a "table\t'A table'
json\t'One JSON object'"
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from set" -l progress -d 'Show a progress bar on standard error, where that is a terminal' -r -f -a "auto\t'On a terminal, when it lasts'
always\t'Always'
never\t'Never'"
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from set" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from set" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from set" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from set" -s h -l no-dereference -d 'Take a symbolic link itself, not what it leads to'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from set" -l help -d 'Print help'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from set" -l dry-run -d 'Say what would change, and change nothing'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from set" -l no-sync -d 'Do not wait for the disk: a kill does no harm, a power cut may'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from set" -l force -d 'Write to a filesystem that is marked as having errors, or was not unmounted'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from set" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from set" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from rm" -l output -d 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from rm" -l stats -d 'Tell on standard error how the data was written: bios, merges, fallbacks, calls' -r -f -a "table\t'A table'
json\t'One JSON object'"
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from rm" -l progress -d 'Show a progress bar on standard error, where that is a terminal' -r -f -a "auto\t'On a terminal, when it lasts'
always\t'Always'
never\t'Never'"
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from rm" -l partition -d 'Take partition N of a disk image, or the only one that holds ext2' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from rm" -l wait -d 'Wait up to SECS seconds for an image that is in use' -r
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from rm" -l log -d 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE' -r -F
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from rm" -s h -l no-dereference -d 'Take a symbolic link itself, not what it leads to'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from rm" -l help -d 'Print help'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from rm" -l dry-run -d 'Say what would change, and change nothing'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from rm" -l no-sync -d 'Do not wait for the disk: a kill does no harm, a power cut may'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from rm" -l force -d 'Write to a filesystem that is marked as having errors, or was not unmounted'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from rm" -l no-lock -d 'Do not lock the image'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from rm" -l json -d 'Print JSON, one object a line; errors too, with a stable code'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from help" -f -a "ls" -d 'List the names of extended attributes'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from help" -f -a "get" -d 'Print the value of an extended attribute'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from help" -f -a "set" -d 'Set an extended attribute'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from help" -f -a "rm" -d 'Remove extended attributes'
complete -c mpimg -n "__fish_mpimg_using_subcommand xattr; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "batch" -d 'Make many changes to an image, all of them or none'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "cat" -d 'Write files of an image to standard output'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "chmod" -d 'Change the permissions of files and directories'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "chown" -d 'Change owner and group of files and directories'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "create" -d 'Make a new filesystem, empty or of a directory or an archive'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "df" -d 'Show how full a filesystem is'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "du" -d 'Show how much files and directories take'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "get" -d 'Copy files and directories out of an image'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "find" -d 'Find files by name, type, size, owner, time and more'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "info" -d 'Show a filesystem\'s superblock, groups and features'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "ln" -d 'Make hard links and symbolic links'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "ls" -d 'List directories of an image'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "map" -d 'Show how files lie on the disk, like filefrag -v'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "mkdir" -d 'Make directories in an image'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "mknod" -d 'Make devices and FIFOs in an image'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "mv" -d 'Rename and move files and directories'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "plan" -d 'Show how a file would be read, or written: bios, fallbacks and zeroed pages in order'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "put" -d 'Write a file into an image'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "readlink" -d 'Print where symbolic links lead'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "recover" -d 'Finish the commit of a command that was interrupted'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "rm" -d 'Remove files and directories from an image'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "stat" -d 'Show what inodes say: type, size, owner, times, extended attributes'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "sum" -d 'Print or check CRC-32 checksums of files of an image'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "tar" -d 'Write files and directories of an image to standard output as a tar archive'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "touch" -d 'Set times of files, and make empty ones'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "truncate" -d 'Make files longer or shorter'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "untar" -d 'Put what is in an archive into an image'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "xattr" -d 'List, print, set and remove extended attributes'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and not __fish_seen_subcommand_from batch cat chmod chown create df du get find info ln ls map mkdir mknod mv plan put readlink recover rm stat sum tar touch truncate untar xattr help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and __fish_seen_subcommand_from xattr" -f -a "ls" -d 'List the names of extended attributes'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and __fish_seen_subcommand_from xattr" -f -a "get" -d 'Print the value of an extended attribute'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and __fish_seen_subcommand_from xattr" -f -a "set" -d 'Set an extended attribute'
complete -c mpimg -n "__fish_mpimg_using_subcommand help; and __fish_seen_subcommand_from xattr" -f -a "rm" -d 'Remove extended attributes'
