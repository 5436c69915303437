//! Partition tables as sfdisk makes them, and as they are after an accident.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod support;

use mpimg::device::Family;
use mpimg::device::partition::{
    CopyDefect, GptCopy, PartitionKind, Scheme, Table, TableError, read_table,
};
use support::disk;
use support::disk::{Gpt, Memory, put_record};

const MIB: u64 = 1 << 20;

/// An image with the partitions of an sfdisk script.
fn made(size_bytes: u64, script: &str) -> Memory {
    let dir = tempfile::tempdir().unwrap();
    let image = dir.path().join("disk.img");
    disk::sfdisk(&image, size_bytes, script);
    Memory(std::fs::read(image).unwrap())
}

fn table(disk: &Memory) -> Table {
    read_table(disk).unwrap().unwrap()
}

/// Number, start and length of each partition.
fn ranges(table: &Table) -> Vec<(u32, u64, u64)> {
    table.partitions.iter().map(|p| (p.number, p.start_bytes, p.len_bytes)).collect()
}

const GPT: &str = "label: gpt\n\
    start=2048, size=4096, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name=\"boot\"\n\
    start=8192, size=16384, type=L, name=\"r\u{f6}\u{f6}t\"\n";

#[test]
fn a_dos_table_with_logical_partitions_reads_as_linux_numbers_it() {
    let disk = made(
        64 * MIB,
        "label: dos\n\
         start=2048, size=16384, type=83\n\
         start=20480, size=81920, type=5\n\
         4: start=106496, size=8192, type=c\n\
         5: start=22528, size=16384, type=83\n\
         6: start=43008, size=16384, type=82\n",
    );
    let table = table(&disk);
    assert_eq!(table.scheme, Scheme::Mbr);
    assert!(table.damage.is_none());
    let kinds: Vec<_> = table.partitions.iter().map(|p| (p.number, p.kind.to_string())).collect();
    let expected = [(1, "0x83"), (2, "0x05"), (4, "0x0c"), (5, "0x83"), (6, "0x82")];
    assert_eq!(kinds, expected.map(|(n, kind)| (n, kind.to_owned())));
    assert_eq!(
        ranges(&table),
        [
            (1, 2048 * 512, 16384 * 512),
            (2, 20480 * 512, 81920 * 512),
            (4, 106496 * 512, 8192 * 512),
            (5, 22528 * 512, 16384 * 512),
            (6, 43008 * 512, 16384 * 512),
        ]
    );
    assert!(table.partitions[1].kind.is_extended());
}

#[test]
fn a_gpt_reads_with_names_and_types() {
    let table = table(&made(16 * MIB, GPT));
    assert_eq!(table.scheme, Scheme::Gpt { lba_bytes: 512, copy: GptCopy::Primary });
    assert_eq!(ranges(&table), [(1, MIB, 2 * MIB), (2, 4 * MIB, 8 * MIB)]);
    let [boot, root] = &table.partitions[..] else { panic!("{table:?}") };
    assert_eq!((boot.name.as_str(), root.name.as_str()), ("boot", "r\u{f6}\u{f6}t"));
    assert_eq!(boot.kind.to_string(), "C12A7328-F81F-11D2-BA4B-00A0C93EC93B");
    assert_eq!(root.kind.to_string(), "0FC63DAF-8483-4772-8E79-3D69D8477DE4");
}

#[test]
fn a_bad_primary_gpt_gives_way_to_the_backup() {
    // The signature, a header field, the first entry.
    for bad_byte in [512, 512 + 40, 1024 + 33] {
        let mut disk = made(16 * MIB, GPT);
        disk.0[bad_byte] ^= 1;
        let table = table(&disk);
        assert_eq!(table.scheme, Scheme::Gpt { lba_bytes: 512, copy: GptCopy::Backup });
        assert_eq!(ranges(&table), [(1, MIB, 2 * MIB), (2, 4 * MIB, 8 * MIB)]);
    }
}

#[test]
fn a_bad_primary_leads_to_a_backup_that_is_no_longer_last() {
    let mut disk = made(16 * MIB, GPT);
    disk.0.resize(32 << 20, 0);
    disk.0[1024 + 33] ^= 1;
    let table = table(&disk);
    assert_eq!(table.scheme, Scheme::Gpt { lba_bytes: 512, copy: GptCopy::Backup });
}

#[test]
fn a_gpt_that_is_bad_twice_is_corrupt() {
    let mut disk = made(16 * MIB, GPT);
    let last = disk.0.len() - 512;
    disk.0[512 + 40] ^= 1;
    disk.0[last] ^= 1;
    let error = read_table(&disk).unwrap_err();
    assert_eq!(error.family(), Family::Corrupt);
    assert!(matches!(
        &error,
        TableError::Gpt {
            primary: CopyDefect::Crc { field: "header_crc32", .. },
            backup: CopyDefect::NoSignature { .. },
        }
    ));
    let text = error.to_string();
    assert!(text.contains("header at byte 512") && text.contains("byte 16776704"), "{text}");
}

#[test]
fn a_gpt_of_4096_byte_blocks_is_found() {
    let mut disk = Memory(vec![0; 4 << 20]);
    put_record(&mut disk.0, 0, 0, 0xEE, 1, u32::MAX);
    Gpt::primary(4096, vec![(256, 511)]).write(&mut disk.0);
    let found = table(&disk);
    assert_eq!(found.scheme, Scheme::Gpt { lba_bytes: 4096, copy: GptCopy::Primary });
    assert_eq!(ranges(&found), [(1, MIB, MIB)]);

    let backup = Gpt { my_lba: 1023, entry_lba: 1019, ..Gpt::primary(4096, vec![(300, 511)]) };
    backup.write(&mut disk.0);
    disk.0[4096] = 0;
    let found = table(&disk);
    assert_eq!(found.scheme, Scheme::Gpt { lba_bytes: 4096, copy: GptCopy::Backup });
    assert_eq!(found.partitions[0].start_bytes, 300 * 4096);
}

#[test]
fn a_hybrid_mbr_means_gpt() {
    let mut disk = made(16 * MIB, GPT);
    put_record(&mut disk.0, 0, 1, 0x83, 8192, 16384);
    assert!(matches!(table(&disk).scheme, Scheme::Gpt { .. }));
    // Without a protective partition the GPT is what an earlier use left behind.
    put_record(&mut disk.0, 0, 0, 0, 0, 0);
    let table = table(&disk);
    assert_eq!(table.scheme, Scheme::Mbr);
    assert_eq!(ranges(&table), [(2, 4 * MIB, 8 * MIB)]);
    assert_eq!(table.partitions[0].kind, PartitionKind::Mbr(0x83));
}

#[test]
fn a_gpt_is_found_where_the_mbr_was_wiped() {
    let mut disk = made(16 * MIB, GPT);
    disk.0[..512].fill(0);
    assert_eq!(table(&disk).partitions.len(), 2);
}

#[test]
fn a_protective_mbr_alone_is_a_corrupt_gpt() {
    for size in [512, 1024, 8192, 1 << 20] {
        let mut disk = Memory(vec![0; size]);
        put_record(&mut disk.0, 0, 0, 0xEE, 1, u32::MAX);
        assert_eq!(read_table(&disk).unwrap_err().family(), Family::Corrupt, "{size}");
    }
}

#[test]
fn what_is_no_table_is_none() {
    for size in [0, 1, 128, 511, 512, 513, 1024, 4096, 65536] {
        assert!(read_table(&Memory(vec![0; size])).unwrap().is_none(), "{size}");
        assert!(read_table(&Memory(vec![0xA5; size])).unwrap().is_none(), "{size}");
    }
    // Boot code with the signature, and a boot record that holds nothing.
    let mut boot = Memory(vec![0x90; 4096]);
    boot.0[510..512].copy_from_slice(&[0x55, 0xAA]);
    assert!(read_table(&boot).unwrap().is_none());
    boot.0[..510].fill(0);
    assert!(read_table(&boot).unwrap().is_none());
}
