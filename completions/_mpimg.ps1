
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'mpimg' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'mpimg'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'mpimg' {
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('batch', 'batch', [CompletionResultType]::ParameterValue, 'Make many changes to an image, all of them or none')
            [CompletionResult]::new('cat', 'cat', [CompletionResultType]::ParameterValue, 'Write files of an image to standard output')
            [CompletionResult]::new('chmod', 'chmod', [CompletionResultType]::ParameterValue, 'Change the permissions of files and directories')
            [CompletionResult]::new('chown', 'chown', [CompletionResultType]::ParameterValue, 'Change owner and group of files and directories')
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Make a new filesystem, empty or of a directory or an archive')
            [CompletionResult]::new('df', 'df', [CompletionResultType]::ParameterValue, 'Show how full a filesystem is')
            [CompletionResult]::new('du', 'du', [CompletionResultType]::ParameterValue, 'Show how much files and directories take')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Copy files and directories out of an image')
            [CompletionResult]::new('find', 'find', [CompletionResultType]::ParameterValue, 'Find files by name, type, size, owner, time and more')
            [CompletionResult]::new('info', 'info', [CompletionResultType]::ParameterValue, 'Show a filesystem''s superblock, groups and features')
            [CompletionResult]::new('ln', 'ln', [CompletionResultType]::ParameterValue, 'Make hard links and symbolic links')
            [CompletionResult]::new('ls', 'ls', [CompletionResultType]::ParameterValue, 'List directories of an image')
            [CompletionResult]::new('map', 'map', [CompletionResultType]::ParameterValue, 'Show how files lie on the disk, like filefrag -v')
            [CompletionResult]::new('mkdir', 'mkdir', [CompletionResultType]::ParameterValue, 'Make directories in an image')
            [CompletionResult]::new('mknod', 'mknod', [CompletionResultType]::ParameterValue, 'Make devices and FIFOs in an image')
            [CompletionResult]::new('mv', 'mv', [CompletionResultType]::ParameterValue, 'Rename and move files and directories')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Show how a file would be read, or written: bios, fallbacks and zeroed pages in order')
            [CompletionResult]::new('put', 'put', [CompletionResultType]::ParameterValue, 'Write a file into an image')
            [CompletionResult]::new('readlink', 'readlink', [CompletionResultType]::ParameterValue, 'Print where symbolic links lead')
            [CompletionResult]::new('recover', 'recover', [CompletionResultType]::ParameterValue, 'Finish the commit of a command that was interrupted')
            [CompletionResult]::new('rm', 'rm', [CompletionResultType]::ParameterValue, 'Remove files and directories from an image')
            [CompletionResult]::new('stat', 'stat', [CompletionResultType]::ParameterValue, 'Show what inodes say: type, size, owner, times, extended attributes')
            [CompletionResult]::new('sum', 'sum', [CompletionResultType]::ParameterValue, 'Print or check CRC-32 checksums of files of an image')
            [CompletionResult]::new('tar', 'tar', [CompletionResultType]::ParameterValue, 'Write files and directories of an image to standard output as a tar archive')
            [CompletionResult]::new('touch', 'touch', [CompletionResultType]::ParameterValue, 'Set times of files, and make empty ones')
            [CompletionResult]::new('truncate', 'truncate', [CompletionResultType]::ParameterValue, 'Make files longer or shorter')
            [CompletionResult]::new('untar', 'untar', [CompletionResultType]::ParameterValue, 'Put what is in an archive into an image')
            [CompletionResult]::new('xattr', 'xattr', [CompletionResultType]::ParameterValue, 'List, print, set and remove extended attributes')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'mpimg;batch' {
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is')
            [CompletionResult]::new('--stats', '--stats', [CompletionResultType]::ParameterName, 'Tell on standard error how the data was written: bios, merges, fallbacks, calls')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show a progress bar on standard error, where that is a terminal')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'Arguments end with NUL, and an empty one ends a command')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'Arguments end with NUL, and an empty one ends a command')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would change, and change nothing')
            [CompletionResult]::new('--no-sync', '--no-sync', [CompletionResultType]::ParameterName, 'Do not wait for the disk: a kill does no harm, a power cut may')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Write to a filesystem that is marked as having errors, or was not unmounted')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mpimg;cat' {
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--superblock', '--superblock', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--offset', '--offset', [CompletionResultType]::ParameterName, 'Begin at byte BYTES of each file')
            [CompletionResult]::new('--length', '--length', [CompletionResultType]::ParameterName, 'Write at most BYTES bytes of each file')
            [CompletionResult]::new('--on-error', '--on-error', [CompletionResultType]::ParameterName, 'What to do with ranges that cannot be read')
            [CompletionResult]::new('--stats', '--stats', [CompletionResultType]::ParameterName, 'Tell on standard error how the data was moved: bios, merges, fallbacks, calls')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show a progress bar on standard error, where that is a terminal')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mpimg;chmod' {
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is')
            [CompletionResult]::new('--stats', '--stats', [CompletionResultType]::ParameterName, 'Tell on standard error how the data was written: bios, merges, fallbacks, calls')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show a progress bar on standard error, where that is a terminal')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Change all that is below directories, too')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Change all that is below directories, too')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would change, and change nothing')
            [CompletionResult]::new('--no-sync', '--no-sync', [CompletionResultType]::ParameterName, 'Do not wait for the disk: a kill does no harm, a power cut may')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Write to a filesystem that is marked as having errors, or was not unmounted')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mpimg;chown' {
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is')
            [CompletionResult]::new('--stats', '--stats', [CompletionResultType]::ParameterName, 'Tell on standard error how the data was written: bios, merges, fallbacks, calls')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show a progress bar on standard error, where that is a terminal')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Change all that is below directories, too')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Change all that is below directories, too')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Change symbolic links, not what they lead to')
            [CompletionResult]::new('--no-dereference', '--no-dereference', [CompletionResultType]::ParameterName, 'Change symbolic links, not what they lead to')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would change, and change nothing')
            [CompletionResult]::new('--no-sync', '--no-sync', [CompletionResultType]::ParameterName, 'Do not wait for the disk: a kill does no harm, a power cut may')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Write to a filesystem that is marked as having errors, or was not unmounted')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            break
        }
        'mpimg;create' {
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Fill it with a directory or a tar archive (plain, gzip, zstd, xz; - for standard input)')
            [CompletionResult]::new('--offset', '--offset', [CompletionResultType]::ParameterName, 'Let the filesystem begin at OFFSET bytes of IMG')
            [CompletionResult]::new('--stats', '--stats', [CompletionResultType]::ParameterName, 'Tell on standard error how the image was written')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Its size; auto for the smallest that holds all, auto+N% for N percent more')
            [CompletionResult]::new('--size', '--size', [CompletionResultType]::ParameterName, 'Its size; auto for the smallest that holds all, auto+N% for N percent more')
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Bytes in a block: 1024 to 65536')
            [CompletionResult]::new('--block-size', '--block-size', [CompletionResultType]::ParameterName, 'Bytes in a block: 1024 to 65536')
            [CompletionResult]::new('-N', '-N ', [CompletionResultType]::ParameterName, 'Inodes, or a few more; auto for as many as it takes, or one for every 4 to 64 KiB of a given size')
            [CompletionResult]::new('--inodes', '--inodes', [CompletionResultType]::ParameterName, 'Inodes, or a few more; auto for as many as it takes, or one for every 4 to 64 KiB of a given size')
            [CompletionResult]::new('-I', '-I ', [CompletionResultType]::ParameterName, 'Bytes in an inode: 128 or more; those of 128 have no times past 2038, and no fractions of them')
            [CompletionResult]::new('--inode-size', '--inode-size', [CompletionResultType]::ParameterName, 'Bytes in an inode: 128 or more; those of 128 have no times past 2038, and no fractions of them')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Percent of the blocks that only root may use')
            [CompletionResult]::new('--reserved', '--reserved', [CompletionResultType]::ParameterName, 'Percent of the blocks that only root may use')
            [CompletionResult]::new('-L', '-L ', [CompletionResultType]::ParameterName, 'Its label, of 16 bytes at most')
            [CompletionResult]::new('--label', '--label', [CompletionResultType]::ParameterName, 'Its label, of 16 bytes at most')
            [CompletionResult]::new('-U', '-U ', [CompletionResultType]::ParameterName, 'Its UUID: given, random, or derived from what the image holds')
            [CompletionResult]::new('--uuid', '--uuid', [CompletionResultType]::ParameterName, 'Its UUID: given, random, or derived from what the image holds')
            [CompletionResult]::new('-O', '-O ', [CompletionResultType]::ParameterName, 'Features to add, or with ^ to leave out: ext_attr, resize_inode, dir_index, filetype, sparse_super, large_file (all there by themselves); none for none')
            [CompletionResult]::new('--features', '--features', [CompletionResultType]::ParameterName, 'Features to add, or with ^ to leave out: ext_attr, resize_inode, dir_index, filetype, sparse_super, large_file (all there by themselves); none for none')
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'The hash of directory indexes')
            [CompletionResult]::new('--hash-seed', '--hash-seed', [CompletionResultType]::ParameterName, 'The seed of the hash, a UUID [default: derived from names and attributes]')
            [CompletionResult]::new('--owner', '--owner', [CompletionResultType]::ParameterName, 'Set owner and group of all: USER[:GROUP], numbers or names that the tree knows')
            [CompletionResult]::new('--mtime', '--mtime', [CompletionResultType]::ParameterName, 'Set the time of the last change of all')
            [CompletionResult]::new('--sparse', '--sparse', [CompletionResultType]::ParameterName, 'What becomes a hole')
            [CompletionResult]::new('--owner-map', '--owner-map', [CompletionResultType]::ParameterName, 'Replace owners, groups or both by number: [u:|g:]FROM[-LAST]:TO; may be repeated')
            [CompletionResult]::new('--manifest', '--manifest', [CompletionResultType]::ParameterName, 'Make and change what FILE lists: types, modes, owners, device numbers, times')
            [CompletionResult]::new('--manifest-form', '--manifest-form', [CompletionResultType]::ParameterName, 'Whose tables the manifest is like: how COUNT counts')
            [CompletionResult]::new('--clamp-mtime', '--clamp-mtime', [CompletionResultType]::ParameterName, 'Let no time be later than DATE')
            [CompletionResult]::new('--memory', '--memory', [CompletionResultType]::ParameterName, 'Let SIZE bytes of content wait in memory at most; names and attributes take about 130 bytes a file beside that [default: 64M]')
            [CompletionResult]::new('--strip-components', '--strip-components', [CompletionResultType]::ParameterName, 'Take N names from the front of each path in an archive')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress on standard error, where that is a terminal')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace what IMG holds')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be made, and make nothing')
            [CompletionResult]::new('--no-sync', '--no-sync', [CompletionResultType]::ParameterName, 'Do not wait for the disk')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Keep owners and groups as the host has them')
            [CompletionResult]::new('--preserve', '--preserve', [CompletionResultType]::ParameterName, 'Keep owners and groups as the host has them')
            [CompletionResult]::new('-x', '-x', [CompletionResultType]::ParameterName, 'Leave empty what other filesystems are mounted on')
            [CompletionResult]::new('--one-file-system', '--one-file-system', [CompletionResultType]::ParameterName, 'Leave empty what other filesystems are mounted on')
            [CompletionResult]::new('--whiteouts', '--whiteouts', [CompletionResultType]::ParameterName, 'Take .wh. files of an archive for what they say of an image''s layer: what is to go')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mpimg;df' {
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--superblock', '--superblock', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('-B', '-B ', [CompletionResultType]::ParameterName, 'Sizes in units of SIZE bytes, 1M or 512 for instance; a suffix alone (K, M, G, T, or kB, MB, GB, TB) stands behind each size')
            [CompletionResult]::new('--block-size', '--block-size', [CompletionResultType]::ParameterName, 'Sizes in units of SIZE bytes, 1M or 512 for instance; a suffix alone (K, M, G, T, or kB, MB, GB, TB) stands behind each size')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Inodes instead of blocks')
            [CompletionResult]::new('--inodes', '--inodes', [CompletionResultType]::ParameterName, 'Inodes instead of blocks')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Sizes such as 1.5K')
            [CompletionResult]::new('--human-readable', '--human-readable', [CompletionResultType]::ParameterName, 'Sizes such as 1.5K')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Sizes in units of 1 KiB, as without options')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            break
        }
        'mpimg;du' {
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Only what lies no more than N names below a PATH')
            [CompletionResult]::new('--max-depth', '--max-depth', [CompletionResultType]::ParameterName, 'Only what lies no more than N names below a PATH')
            [CompletionResult]::new('-B', '-B ', [CompletionResultType]::ParameterName, 'Sizes in units of SIZE bytes, 1M or 512 for instance; a suffix alone (K, M, G, T, or kB, MB, GB, TB) stands behind each size')
            [CompletionResult]::new('--block-size', '--block-size', [CompletionResultType]::ParameterName, 'Sizes in units of SIZE bytes, 1M or 512 for instance; a suffix alone (K, M, G, T, or kB, MB, GB, TB) stands behind each size')
            [CompletionResult]::new('--superblock', '--superblock', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'Files too, not only directories')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Files too, not only directories')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Only the sum of each PATH')
            [CompletionResult]::new('--summarize', '--summarize', [CompletionResultType]::ParameterName, 'Only the sum of each PATH')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'The sum of all PATHs, too')
            [CompletionResult]::new('--total', '--total', [CompletionResultType]::ParameterName, 'The sum of all PATHs, too')
            [CompletionResult]::new('--apparent-size', '--apparent-size', [CompletionResultType]::ParameterName, 'Lengths instead of what is given up for them')
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Lengths in bytes: --apparent-size --block-size=1')
            [CompletionResult]::new('--bytes', '--bytes', [CompletionResultType]::ParameterName, 'Lengths in bytes: --apparent-size --block-size=1')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Sizes such as 1.5K')
            [CompletionResult]::new('--human-readable', '--human-readable', [CompletionResultType]::ParameterName, 'Sizes such as 1.5K')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Sizes in units of 1 KiB, as without options')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'End each line with NUL instead of newline')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'End each line with NUL instead of newline')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            break
        }
        'mpimg;get' {
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--superblock', '--superblock', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--sparse', '--sparse', [CompletionResultType]::ParameterName, 'What becomes a hole')
            [CompletionResult]::new('--max-bytes', '--max-bytes', [CompletionResultType]::ParameterName, 'Leave out what would make it more than BYTES bytes in all, by the sizes that files claim')
            [CompletionResult]::new('--max-depth', '--max-depth', [CompletionResultType]::ParameterName, 'Enter no directory more than N levels below PATH')
            [CompletionResult]::new('--stats', '--stats', [CompletionResultType]::ParameterName, 'Tell on standard error how the data was moved: bios, merges, fallbacks, calls')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show a progress bar on standard error, where that is a terminal')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'A directory and all below it')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'A directory and all below it')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'A directory and all below it')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Keep set-user-ID and set-group-ID bits, and file capabilities')
            [CompletionResult]::new('--preserve-permissions', '--preserve-permissions', [CompletionResultType]::ParameterName, 'Keep set-user-ID and set-group-ID bits, and file capabilities')
            [CompletionResult]::new('--same-owner', '--same-owner', [CompletionResultType]::ParameterName, 'Keep owners and groups, by number')
            [CompletionResult]::new('-P', '-P ', [CompletionResultType]::ParameterName, 'Copy a symbolic link as a link, also without -r')
            [CompletionResult]::new('--no-dereference', '--no-dereference', [CompletionResultType]::ParameterName, 'Copy a symbolic link as a link, also without -r')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mpimg;find' {
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--superblock', '--superblock', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mpimg;info' {
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--superblock', '--superblock', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'The superblock alone, without the groups')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mpimg;ln' {
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is')
            [CompletionResult]::new('--stats', '--stats', [CompletionResultType]::ParameterName, 'Tell on standard error how the data was written: bios, merges, fallbacks, calls')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show a progress bar on standard error, where that is a terminal')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Make symbolic links')
            [CompletionResult]::new('--symbolic', '--symbolic', [CompletionResultType]::ParameterName, 'Make symbolic links')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Replace what is there, if it is no directory')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Take LINK for the link where it is a symbolic link to a directory')
            [CompletionResult]::new('--no-dereference', '--no-dereference', [CompletionResultType]::ParameterName, 'Take LINK for the link where it is a symbolic link to a directory')
            [CompletionResult]::new('-T', '-T ', [CompletionResultType]::ParameterName, 'Take LINK for the link, also where it is a directory')
            [CompletionResult]::new('--no-target-directory', '--no-target-directory', [CompletionResultType]::ParameterName, 'Take LINK for the link, also where it is a directory')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would change, and change nothing')
            [CompletionResult]::new('--no-sync', '--no-sync', [CompletionResultType]::ParameterName, 'Do not wait for the disk: a kill does no harm, a power cut may')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Write to a filesystem that is marked as having errors, or was not unmounted')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mpimg;ls' {
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--superblock', '--superblock', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('-l', '-l', [CompletionResultType]::ParameterName, 'Type, mode, links, owner, group, size and time')
            [CompletionResult]::new('--long', '--long', [CompletionResultType]::ParameterName, 'Type, mode, links, owner, group, size and time')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'Names that begin with a dot, too')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Names that begin with a dot, too')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Directories below, too')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Directories below, too')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Inode numbers')
            [CompletionResult]::new('--inode', '--inode', [CompletionResultType]::ParameterName, 'Inode numbers')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Like -l, with owners as numbers')
            [CompletionResult]::new('--numeric-uid-gid', '--numeric-uid-gid', [CompletionResultType]::ParameterName, 'Like -l, with owners as numbers')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Directories themselves, not what they hold')
            [CompletionResult]::new('--directory', '--directory', [CompletionResultType]::ParameterName, 'Directories themselves, not what they hold')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'End each line with NUL instead of newline')
            [CompletionResult]::new('--zero', '--zero', [CompletionResultType]::ParameterName, 'End each line with NUL instead of newline')
            [CompletionResult]::new('-1', '-1', [CompletionResultType]::ParameterName, 'One name a line')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Sizes such as 1.5K')
            [CompletionResult]::new('--human-readable', '--human-readable', [CompletionResultType]::ParameterName, 'Sizes such as 1.5K')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            break
        }
        'mpimg;map' {
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--superblock', '--superblock', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--strip', '--strip', [CompletionResultType]::ParameterName, 'Draw the file and the disk as strips')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mpimg;mkdir' {
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Set the permissions of PATH: octal, or symbolic as for chmod')
            [CompletionResult]::new('--mode', '--mode', [CompletionResultType]::ParameterName, 'Set the permissions of PATH: octal, or symbolic as for chmod')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is')
            [CompletionResult]::new('--stats', '--stats', [CompletionResultType]::ParameterName, 'Tell on standard error how the data was written: bios, merges, fallbacks, calls')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show a progress bar on standard error, where that is a terminal')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Make missing directories above them too; what is there already is no error')
            [CompletionResult]::new('--parents', '--parents', [CompletionResultType]::ParameterName, 'Make missing directories above them too; what is there already is no error')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would change, and change nothing')
            [CompletionResult]::new('--no-sync', '--no-sync', [CompletionResultType]::ParameterName, 'Do not wait for the disk: a kill does no harm, a power cut may')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Write to a filesystem that is marked as having errors, or was not unmounted')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mpimg;mknod' {
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Set the permissions: octal, or symbolic as for chmod')
            [CompletionResult]::new('--mode', '--mode', [CompletionResultType]::ParameterName, 'Set the permissions: octal, or symbolic as for chmod')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is')
            [CompletionResult]::new('--stats', '--stats', [CompletionResultType]::ParameterName, 'Tell on standard error how the data was written: bios, merges, fallbacks, calls')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show a progress bar on standard error, where that is a terminal')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would change, and change nothing')
            [CompletionResult]::new('--no-sync', '--no-sync', [CompletionResultType]::ParameterName, 'Do not wait for the disk: a kill does no harm, a power cut may')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Write to a filesystem that is marked as having errors, or was not unmounted')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mpimg;mv' {
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is')
            [CompletionResult]::new('--stats', '--stats', [CompletionResultType]::ParameterName, 'Tell on standard error how the data was written: bios, merges, fallbacks, calls')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show a progress bar on standard error, where that is a terminal')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Leave what is there as it is')
            [CompletionResult]::new('--no-clobber', '--no-clobber', [CompletionResultType]::ParameterName, 'Leave what is there as it is')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Replace what is there, as is done anyway')
            [CompletionResult]::new('-T', '-T ', [CompletionResultType]::ParameterName, 'Take DEST for the new name, also where it is a directory')
            [CompletionResult]::new('--no-target-directory', '--no-target-directory', [CompletionResultType]::ParameterName, 'Take DEST for the new name, also where it is a directory')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would change, and change nothing')
            [CompletionResult]::new('--no-sync', '--no-sync', [CompletionResultType]::ParameterName, 'Do not wait for the disk: a kill does no harm, a power cut may')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Write to a filesystem that is marked as having errors, or was not unmounted')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mpimg;plan' {
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--superblock', '--superblock', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--readahead', '--readahead', [CompletionResultType]::ParameterName, 'Pages in a window, 0 for the whole file [default: 1.25 MiB of them]')
            [CompletionResult]::new('--bio-pages', '--bio-pages', [CompletionResultType]::ParameterName, 'Pages in a bio at most [default: 256]')
            [CompletionResult]::new('--page-size', '--page-size', [CompletionResultType]::ParameterName, 'Bytes in a page, a power of two from the block size to 1 MiB [default: 4096, or the block size where that is larger]')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('--write', '--write', [CompletionResultType]::ParameterName, 'Show how the file''s data would be written back')
            [CompletionResult]::new('--trace', '--trace', [CompletionResultType]::ParameterName, 'Show windows and mappings, too')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mpimg;put' {
            [CompletionResult]::new('--mode', '--mode', [CompletionResultType]::ParameterName, 'Set the permissions: octal, or symbolic as for chmod')
            [CompletionResult]::new('--owner', '--owner', [CompletionResultType]::ParameterName, 'Set owner and group: USER[:GROUP], numbers or names of the image')
            [CompletionResult]::new('--mtime', '--mtime', [CompletionResultType]::ParameterName, 'Set the time of the last change')
            [CompletionResult]::new('--at', '--at', [CompletionResultType]::ParameterName, 'Write at byte OFFSET of the file, and leave the rest as it is')
            [CompletionResult]::new('--sparse', '--sparse', [CompletionResultType]::ParameterName, 'What becomes a hole')
            [CompletionResult]::new('--xattr', '--xattr', [CompletionResultType]::ParameterName, 'Set an extended attribute: NAME=VALUE (text, 0x.., 0s..)')
            [CompletionResult]::new('--owner-map', '--owner-map', [CompletionResultType]::ParameterName, 'Replace owners, groups or both by number: [u:|g:]FROM[-LAST]:TO; may be repeated')
            [CompletionResult]::new('--manifest', '--manifest', [CompletionResultType]::ParameterName, 'Make and change what FILE lists: types, modes, owners, device numbers, times')
            [CompletionResult]::new('--manifest-form', '--manifest-form', [CompletionResultType]::ParameterName, 'Whose tables the manifest is like: how COUNT counts')
            [CompletionResult]::new('--clamp-mtime', '--clamp-mtime', [CompletionResultType]::ParameterName, 'Let no time be later than DATE')
            [CompletionResult]::new('--memory', '--memory', [CompletionResultType]::ParameterName, 'Let SIZE bytes of content wait in memory at most; names and attributes take about 130 bytes a file beside that [default: 64M]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is')
            [CompletionResult]::new('--stats', '--stats', [CompletionResultType]::ParameterName, 'Tell on standard error how the data was written: bios, merges, fallbacks, calls')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show a progress bar on standard error, where that is a terminal')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Put a directory with all that is below it; PATH is what it becomes')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Put a directory with all that is below it; PATH is what it becomes')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Keep mode, owner, times and extended attributes of SRC')
            [CompletionResult]::new('--preserve', '--preserve', [CompletionResultType]::ParameterName, 'Keep mode, owner, times and extended attributes of SRC')
            [CompletionResult]::new('--mkdirs', '--mkdirs', [CompletionResultType]::ParameterName, 'Make missing directories of PATH')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Leave a file that is there as it is')
            [CompletionResult]::new('--no-clobber', '--no-clobber', [CompletionResultType]::ParameterName, 'Leave a file that is there as it is')
            [CompletionResult]::new('--append', '--append', [CompletionResultType]::ParameterName, 'Write at the end of the file')
            [CompletionResult]::new('-x', '-x', [CompletionResultType]::ParameterName, 'Leave empty what other filesystems are mounted on')
            [CompletionResult]::new('--one-file-system', '--one-file-system', [CompletionResultType]::ParameterName, 'Leave empty what other filesystems are mounted on')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would change, and change nothing')
            [CompletionResult]::new('--no-sync', '--no-sync', [CompletionResultType]::ParameterName, 'Do not wait for the disk: a kill does no harm, a power cut may')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Write to a filesystem that is marked as having errors, or was not unmounted')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mpimg;readlink' {
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--superblock', '--superblock', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'End each line with NUL instead of newline')
            [CompletionResult]::new('--zero', '--zero', [CompletionResultType]::ParameterName, 'End each line with NUL instead of newline')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mpimg;recover' {
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mpimg;rm' {
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is')
            [CompletionResult]::new('--stats', '--stats', [CompletionResultType]::ParameterName, 'Tell on standard error how the data was written: bios, merges, fallbacks, calls')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show a progress bar on standard error, where that is a terminal')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Remove directories with all that is below them')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Remove directories with all that is below them')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'What is not there is no error')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would change, and change nothing')
            [CompletionResult]::new('--no-sync', '--no-sync', [CompletionResultType]::ParameterName, 'Do not wait for the disk: a kill does no harm, a power cut may')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Write to a filesystem that is marked as having errors, or was not unmounted')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mpimg;stat' {
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--superblock', '--superblock', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('-L', '-L ', [CompletionResultType]::ParameterName, 'Follow a symbolic link that a path ends in')
            [CompletionResult]::new('--dereference', '--dereference', [CompletionResultType]::ParameterName, 'Follow a symbolic link that a path ends in')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mpimg;sum' {
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--superblock', '--superblock', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Check the files that FILE of the host lists, or standard input where it is -')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'Check the files that FILE of the host lists, or standard input where it is -')
            [CompletionResult]::new('--stats', '--stats', [CompletionResultType]::ParameterName, 'Tell on standard error how the data was moved: bios, merges, fallbacks, calls')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show a progress bar on standard error, where that is a terminal')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Regular files below directories, too')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Regular files below directories, too')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'With --check, do not print OK for each file that is')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'With --check, print nothing: the exit code tells')
            [CompletionResult]::new('-z', '-z', [CompletionResultType]::ParameterName, 'End each line with NUL instead of newline, and escape no path')
            [CompletionResult]::new('--zero', '--zero', [CompletionResultType]::ParameterName, 'End each line with NUL instead of newline, and escape no path')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mpimg;tar' {
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--superblock', '--superblock', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--owner', '--owner', [CompletionResultType]::ParameterName, 'Let all belong to USER, USER:GROUP, USER: or :GROUP, by numbers or names of the image')
            [CompletionResult]::new('--mtime', '--mtime', [CompletionResultType]::ParameterName, 'Give all this time: now, @SECONDS, or YYYY-MM-DD HH:MM[:SS] with or without a zone')
            [CompletionResult]::new('--strip-components', '--strip-components', [CompletionResultType]::ParameterName, 'Take N components off the start of each name; what has no more is left out')
            [CompletionResult]::new('--sparse', '--sparse', [CompletionResultType]::ParameterName, 'Whether holes of files are kept')
            [CompletionResult]::new('--stats', '--stats', [CompletionResultType]::ParameterName, 'Tell on standard error how the data was moved: bios, merges, fallbacks, calls')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show a progress bar on standard error, where that is a terminal')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mpimg;touch' {
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Set this time: YYYY-MM-DD [HH:MM[:SS] [ZONE]], @SECONDS, now')
            [CompletionResult]::new('--date', '--date', [CompletionResultType]::ParameterName, 'Set this time: YYYY-MM-DD [HH:MM[:SS] [ZONE]], @SECONDS, now')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Set the times that PATH of the image has')
            [CompletionResult]::new('--reference', '--reference', [CompletionResultType]::ParameterName, 'Set the times that PATH of the image has')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is')
            [CompletionResult]::new('--stats', '--stats', [CompletionResultType]::ParameterName, 'Tell on standard error how the data was written: bios, merges, fallbacks, calls')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show a progress bar on standard error, where that is a terminal')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'Set only the time of the last read')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Set only the time of the last change')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Make no file')
            [CompletionResult]::new('--no-create', '--no-create', [CompletionResultType]::ParameterName, 'Make no file')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Change symbolic links, not what they lead to')
            [CompletionResult]::new('--no-dereference', '--no-dereference', [CompletionResultType]::ParameterName, 'Change symbolic links, not what they lead to')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would change, and change nothing')
            [CompletionResult]::new('--no-sync', '--no-sync', [CompletionResultType]::ParameterName, 'Do not wait for the disk: a kill does no harm, a power cut may')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Write to a filesystem that is marked as having errors, or was not unmounted')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            break
        }
        'mpimg;truncate' {
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Their size in bytes, with suffixes K, M, G, T; +, -, <, >, / and % go by the size there is')
            [CompletionResult]::new('--size', '--size', [CompletionResultType]::ParameterName, 'Their size in bytes, with suffixes K, M, G, T; +, -, <, >, / and % go by the size there is')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is')
            [CompletionResult]::new('--stats', '--stats', [CompletionResultType]::ParameterName, 'Tell on standard error how the data was written: bios, merges, fallbacks, calls')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show a progress bar on standard error, where that is a terminal')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Make no file')
            [CompletionResult]::new('--no-create', '--no-create', [CompletionResultType]::ParameterName, 'Make no file')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would change, and change nothing')
            [CompletionResult]::new('--no-sync', '--no-sync', [CompletionResultType]::ParameterName, 'Do not wait for the disk: a kill does no harm, a power cut may')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Write to a filesystem that is marked as having errors, or was not unmounted')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mpimg;untar' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'The archive, or - for standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'The archive, or - for standard input')
            [CompletionResult]::new('--owner', '--owner', [CompletionResultType]::ParameterName, 'Set owner and group of all: USER[:GROUP], numbers or names that the tree knows')
            [CompletionResult]::new('--mtime', '--mtime', [CompletionResultType]::ParameterName, 'Set the time of the last change of all')
            [CompletionResult]::new('--sparse', '--sparse', [CompletionResultType]::ParameterName, 'What becomes a hole')
            [CompletionResult]::new('--owner-map', '--owner-map', [CompletionResultType]::ParameterName, 'Replace owners, groups or both by number: [u:|g:]FROM[-LAST]:TO; may be repeated')
            [CompletionResult]::new('--manifest', '--manifest', [CompletionResultType]::ParameterName, 'Make and change what FILE lists: types, modes, owners, device numbers, times')
            [CompletionResult]::new('--manifest-form', '--manifest-form', [CompletionResultType]::ParameterName, 'Whose tables the manifest is like: how COUNT counts')
            [CompletionResult]::new('--clamp-mtime', '--clamp-mtime', [CompletionResultType]::ParameterName, 'Let no time be later than DATE')
            [CompletionResult]::new('--memory', '--memory', [CompletionResultType]::ParameterName, 'Let SIZE bytes of content wait in memory at most; names and attributes take about 130 bytes a file beside that [default: 64M]')
            [CompletionResult]::new('--strip-components', '--strip-components', [CompletionResultType]::ParameterName, 'Take N names from the front of each path in an archive')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is')
            [CompletionResult]::new('--stats', '--stats', [CompletionResultType]::ParameterName, 'Tell on standard error how the data was written: bios, merges, fallbacks, calls')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show a progress bar on standard error, where that is a terminal')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('--mkdirs', '--mkdirs', [CompletionResultType]::ParameterName, 'Make missing directories of PATH')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Keep owners and groups as the host has them')
            [CompletionResult]::new('--preserve', '--preserve', [CompletionResultType]::ParameterName, 'Keep owners and groups as the host has them')
            [CompletionResult]::new('-x', '-x', [CompletionResultType]::ParameterName, 'Leave empty what other filesystems are mounted on')
            [CompletionResult]::new('--one-file-system', '--one-file-system', [CompletionResultType]::ParameterName, 'Leave empty what other filesystems are mounted on')
            [CompletionResult]::new('--whiteouts', '--whiteouts', [CompletionResultType]::ParameterName, 'Take .wh. files of an archive for what they say of an image''s layer: what is to go')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would change, and change nothing')
            [CompletionResult]::new('--no-sync', '--no-sync', [CompletionResultType]::ParameterName, 'Do not wait for the disk: a kill does no harm, a power cut may')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Write to a filesystem that is marked as having errors, or was not unmounted')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mpimg;xattr' {
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('ls', 'ls', [CompletionResultType]::ParameterValue, 'List the names of extended attributes')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print the value of an extended attribute')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Set an extended attribute')
            [CompletionResult]::new('rm', 'rm', [CompletionResultType]::ParameterValue, 'Remove extended attributes')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'mpimg;xattr;ls' {
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--superblock', '--superblock', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Take a symbolic link itself, not what it leads to')
            [CompletionResult]::new('--no-dereference', '--no-dereference', [CompletionResultType]::ParameterName, 'Take a symbolic link itself, not what it leads to')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            break
        }
        'mpimg;xattr;get' {
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--superblock', '--superblock', [CompletionResultType]::ParameterName, 'Go by the superblock in block N, a backup')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Take a symbolic link itself, not what it leads to')
            [CompletionResult]::new('--no-dereference', '--no-dereference', [CompletionResultType]::ParameterName, 'Take a symbolic link itself, not what it leads to')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            break
        }
        'mpimg;xattr;set' {
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is')
            [CompletionResult]::new('--stats', '--stats', [CompletionResultType]::ParameterName, 'Tell on standard error how the data was written: bios, merges, fallbacks, calls')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show a progress bar on standard error, where that is a terminal')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Take a symbolic link itself, not what it leads to')
            [CompletionResult]::new('--no-dereference', '--no-dereference', [CompletionResultType]::ParameterName, 'Take a symbolic link itself, not what it leads to')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would change, and change nothing')
            [CompletionResult]::new('--no-sync', '--no-sync', [CompletionResultType]::ParameterName, 'Do not wait for the disk: a kill does no harm, a power cut may')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Write to a filesystem that is marked as having errors, or was not unmounted')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            break
        }
        'mpimg;xattr;rm' {
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is')
            [CompletionResult]::new('--stats', '--stats', [CompletionResultType]::ParameterName, 'Tell on standard error how the data was written: bios, merges, fallbacks, calls')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show a progress bar on standard error, where that is a terminal')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Take partition N of a disk image, or the only one that holds ext2')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait up to SECS seconds for an image that is in use')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was interrupted is only found by commands that name the same FILE')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Take a symbolic link itself, not what it leads to')
            [CompletionResult]::new('--no-dereference', '--no-dereference', [CompletionResultType]::ParameterName, 'Take a symbolic link itself, not what it leads to')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would change, and change nothing')
            [CompletionResult]::new('--no-sync', '--no-sync', [CompletionResultType]::ParameterName, 'Do not wait for the disk: a kill does no harm, a power cut may')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Write to a filesystem that is marked as having errors, or was not unmounted')
            [CompletionResult]::new('--no-lock', '--no-lock', [CompletionResultType]::ParameterName, 'Do not lock the image')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object a line; errors too, with a stable code')
            break
        }
        'mpimg;xattr;help' {
            [CompletionResult]::new('ls', 'ls', [CompletionResultType]::ParameterValue, 'List the names of extended attributes')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print the value of an extended attribute')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Set an extended attribute')
            [CompletionResult]::new('rm', 'rm', [CompletionResultType]::ParameterValue, 'Remove extended attributes')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'mpimg;xattr;help;ls' {
            break
        }
        'mpimg;xattr;help;get' {
            break
        }
        'mpimg;xattr;help;set' {
            break
        }
        'mpimg;xattr;help;rm' {
            break
        }
        'mpimg;xattr;help;help' {
            break
        }
        'mpimg;help' {
            [CompletionResult]::new('batch', 'batch', [CompletionResultType]::ParameterValue, 'Make many changes to an image, all of them or none')
            [CompletionResult]::new('cat', 'cat', [CompletionResultType]::ParameterValue, 'Write files of an image to standard output')
            [CompletionResult]::new('chmod', 'chmod', [CompletionResultType]::ParameterValue, 'Change the permissions of files and directories')
            [CompletionResult]::new('chown', 'chown', [CompletionResultType]::ParameterValue, 'Change owner and group of files and directories')
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Make a new filesystem, empty or of a directory or an archive')
            [CompletionResult]::new('df', 'df', [CompletionResultType]::ParameterValue, 'Show how full a filesystem is')
            [CompletionResult]::new('du', 'du', [CompletionResultType]::ParameterValue, 'Show how much files and directories take')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Copy files and directories out of an image')
            [CompletionResult]::new('find', 'find', [CompletionResultType]::ParameterValue, 'Find files by name, type, size, owner, time and more')
            [CompletionResult]::new('info', 'info', [CompletionResultType]::ParameterValue, 'Show a filesystem''s superblock, groups and features')
            [CompletionResult]::new('ln', 'ln', [CompletionResultType]::ParameterValue, 'Make hard links and symbolic links')
            [CompletionResult]::new('ls', 'ls', [CompletionResultType]::ParameterValue, 'List directories of an image')
            [CompletionResult]::new('map', 'map', [CompletionResultType]::ParameterValue, 'Show how files lie on the disk, like filefrag -v')
            [CompletionResult]::new('mkdir', 'mkdir', [CompletionResultType]::ParameterValue, 'Make directories in an image')
            [CompletionResult]::new('mknod', 'mknod', [CompletionResultType]::ParameterValue, 'Make devices and FIFOs in an image')
            [CompletionResult]::new('mv', 'mv', [CompletionResultType]::ParameterValue, 'Rename and move files and directories')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Show how a file would be read, or written: bios, fallbacks and zeroed pages in order')
            [CompletionResult]::new('put', 'put', [CompletionResultType]::ParameterValue, 'Write a file into an image')
            [CompletionResult]::new('readlink', 'readlink', [CompletionResultType]::ParameterValue, 'Print where symbolic links lead')
            [CompletionResult]::new('recover', 'recover', [CompletionResultType]::ParameterValue, 'Finish the commit of a command that was interrupted')
            [CompletionResult]::new('rm', 'rm', [CompletionResultType]::ParameterValue, 'Remove files and directories from an image')
            [CompletionResult]::new('stat', 'stat', [CompletionResultType]::ParameterValue, 'Show what inodes say: type, size, owner, times, extended attributes')
            [CompletionResult]::new('sum', 'sum', [CompletionResultType]::ParameterValue, 'Print or check CRC-32 checksums of files of an image')
            [CompletionResult]::new('tar', 'tar', [CompletionResultType]::ParameterValue, 'Write files and directories of an image to standard output as a tar archive')
            [CompletionResult]::new('touch', 'touch', [CompletionResultType]::ParameterValue, 'Set times of files, and make empty ones')
            [CompletionResult]::new('truncate', 'truncate', [CompletionResultType]::ParameterValue, 'Make files longer or shorter')
            [CompletionResult]::new('untar', 'untar', [CompletionResultType]::ParameterValue, 'Put what is in an archive into an image')
            [CompletionResult]::new('xattr', 'xattr', [CompletionResultType]::ParameterValue, 'List, print, set and remove extended attributes')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'mpimg;help;batch' {
            break
        }
        'mpimg;help;cat' {
            break
        }
        'mpimg;help;chmod' {
            break
        }
        'mpimg;help;chown' {
            break
        }
        'mpimg;help;create' {
            break
        }
        'mpimg;help;df' {
            break
        }
        'mpimg;help;du' {
            break
        }
        'mpimg;help;get' {
            break
        }
        'mpimg;help;find' {
            break
        }
        'mpimg;help;info' {
            break
        }
        'mpimg;help;ln' {
            break
        }
        'mpimg;help;ls' {
            break
        }
        'mpimg;help;map' {
            break
        }
        'mpimg;help;mkdir' {
            break
        }
        'mpimg;help;mknod' {
            break
        }
        'mpimg;help;mv' {
            break
        }
        'mpimg;help;plan' {
            break
        }
        'mpimg;help;put' {
            break
        }
        'mpimg;help;readlink' {
            break
        }
        'mpimg;help;recover' {
            break
        }
        'mpimg;help;rm' {
            break
        }
        'mpimg;help;stat' {
            break
        }
        'mpimg;help;sum' {
            break
        }
        'mpimg;help;tar' {
            break
        }
        'mpimg;help;touch' {
            break
        }
        'mpimg;help;truncate' {
            break
        }
        'mpimg;help;untar' {
            break
        }
        'mpimg;help;xattr' {
            [CompletionResult]::new('ls', 'ls', [CompletionResultType]::ParameterValue, 'List the names of extended attributes')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print the value of an extended attribute')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Set an extended attribute')
            [CompletionResult]::new('rm', 'rm', [CompletionResultType]::ParameterValue, 'Remove extended attributes')
            break
        }
        'mpimg;help;xattr;ls' {
            break
        }
        'mpimg;help;xattr;get' {
            break
        }
        'mpimg;help;xattr;set' {
            break
        }
        'mpimg;help;xattr;rm' {
            break
        }
        'mpimg;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
