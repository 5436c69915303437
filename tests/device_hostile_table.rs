//! Partition tables made to hurt: they cost bounded time and memory, and nothing panics.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod support;

use mpimg::device::partition::{
    CopyDefect, Probe, Selection, Table, TableError, read_table, select,
};
use mpimg::device::{BlockDevice, Call, DeviceError, Family, FaultDevice, OpenError, Recorder};
use proptest::prelude::*;
use rustix::io::Errno;
use support::disk;
use support::disk::{Gpt, Memory, put_record, put_u32, put_u64};

const NO: Probe = |_| Ok(false);

fn table(disk: &Memory) -> Table {
    read_table(disk).unwrap().unwrap()
}

/// An extended partition of 1000 sectors at sector 8, after a primary one.
fn extended() -> Memory {
    let mut disk = Memory(vec![0; 512 << 10]);
    put_record(&mut disk.0, 0, 0, 0x83, 1, 4);
    put_record(&mut disk.0, 0, 1, 0x05, 8, 1000);
    disk
}

#[test]
fn a_chain_that_loops_ends() {
    let mut disk = extended();
    put_record(&mut disk.0, 8, 0, 0x83, 2, 4);
    put_record(&mut disk.0, 8, 1, 0x05, 20, 10);
    put_record(&mut disk.0, 28, 0, 0x83, 2, 4);
    put_record(&mut disk.0, 28, 1, 0x05, 20, 10);
    let looped = table(&disk);
    assert!(matches!(looped.damage, Some(TableError::ChainLoops { sector: 28 })));
    let numbers: Vec<_> = looped.partitions.iter().map(|p| p.number).collect();
    assert_eq!(numbers, [1, 2, 5, 6]);

    // A partition that can be seen can be used; whether it is the only one cannot be told.
    let (partition, found) = select(&disk, Selection::Number(5), NO).unwrap();
    assert_eq!(partition.unwrap().start_bytes, 10 * 512);
    assert!(found.unwrap().damage.is_some());
    for selection in [Selection::Auto, Selection::Number(7), Selection::Unnamed] {
        let error = select(&disk, selection, NO).unwrap_err();
        assert_eq!((error.family(), error.code()), (Family::Corrupt, "mbr_chain_corrupt"));
    }
}

#[test]
fn a_chain_that_does_not_end_is_cut() {
    let mut disk = extended();
    for link in 0..900 {
        put_record(&mut disk.0, 8 + link, 1, 0x05, u32::try_from(link).unwrap() + 1, 1);
    }
    assert!(matches!(table(&disk).damage, Some(TableError::ChainTooLong { limit: 256 })));
}

#[test]
fn a_chain_may_hold_nothing_but_not_lead_nowhere() {
    assert!(table(&extended()).damage.is_none());

    let mut disk = extended();
    disk.0[8 * 512] = 1;
    let damage = table(&disk).damage;
    assert!(matches!(damage, Some(TableError::ChainBroken { sector: 8, signature: 0 })));

    let mut disk = extended();
    put_record(&mut disk.0, 8, 1, 0x05, u32::MAX, u32::MAX);
    let damage = table(&disk).damage.unwrap();
    assert!(matches!(damage, TableError::Device(DeviceError::PastEnd { .. })));
    assert_eq!(damage.family(), Family::Corrupt);
}

#[test]
fn empty_and_overlapping_partitions_are_listed_and_empty_ones_refused() {
    let mut disk = Memory(vec![0; 64 << 10]);
    put_record(&mut disk.0, 0, 0, 0x83, 8, 32);
    put_record(&mut disk.0, 0, 1, 0x83, 16, 32);
    put_record(&mut disk.0, 0, 2, 0x83, 8, 0);
    assert_eq!(table(&disk).partitions.len(), 3);
    assert!(select(&disk, Selection::Number(2), NO).is_ok());
    let error = select(&disk, Selection::Number(3), NO).unwrap_err();
    assert!(matches!(error, OpenError::EmptyPartition { number: 3, start_bytes: 4096 }));
    assert_eq!(error.family(), Family::Corrupt);
}

#[test]
fn gpt_entries_with_impossible_blocks_are_past_the_end_or_empty() {
    let mut disk = Memory(vec![0; 64 << 10]);
    let impossible = vec![(40, 39), (40, 2), (u64::MAX, u64::MAX), (0, u64::MAX), (40, 1 << 60)];
    Gpt::primary(512, impossible).write(&mut disk.0);
    assert_eq!(table(&disk).partitions.len(), 5);
    for number in 1..=2 {
        let error = select(&disk, Selection::Number(number), NO).unwrap_err();
        assert!(matches!(error, OpenError::EmptyPartition { .. }), "{error}");
    }
    for number in 3..=5 {
        let error = select(&disk, Selection::Number(number), NO).unwrap_err();
        assert!(matches!(error, OpenError::PartitionPastEnd { .. }), "{error}");
    }
    assert!(select(&disk, Selection::Unnamed, disk::probe).unwrap().0.is_none());
}

#[test]
fn thousands_of_entries_are_read_in_pieces_and_millions_not_at_all() {
    let mut disk = Memory(vec![0; 5 << 20]);
    Gpt { entries: 32768, ..Gpt::primary(512, vec![(64, 127)]) }.write(&mut disk.0);
    let recorder = Recorder::tracing(disk.clone());
    assert_eq!(read_table(&recorder).unwrap().unwrap().partitions.len(), 1);
    assert_eq!(recorder.handle().counts().largest_bytes, 64 << 10);

    for entries in [32769, u32::MAX] {
        for entry_bytes in [128, 4096] {
            Gpt { entries, entry_bytes, ..Gpt::primary(512, vec![]) }.write(&mut disk.0);
            let recorder = Recorder::new(disk.clone());
            let error = read_table(&recorder).unwrap_err();
            let field = "num_partition_entries";
            assert!(matches!(
                error,
                TableError::Gpt { primary: CopyDefect::Field { field: f, .. }, .. } if f == field
            ));
            assert!(recorder.handle().counts().bytes < 32 << 10);
        }
    }
}

#[test]
fn header_fields_that_cannot_be_are_named() {
    // Offset in the header, value, name.
    let cases = [
        (12, 91, "header_size"),
        (12, 513, "header_size"),
        (12, u32::MAX, "header_size"),
        (24, 7, "my_lba"),
        (84, 0, "sizeof_partition_entry"),
        (84, 64, "sizeof_partition_entry"),
        (84, 384, "sizeof_partition_entry"),
        (84, 8192, "sizeof_partition_entry"),
    ];
    for (at, value, name) in cases {
        let mut disk = Memory(vec![0; 64 << 10]);
        Gpt::primary(512, vec![]).write(&mut disk.0);
        let header = &mut disk.0[512..1024];
        put_u32(header, at, value);
        put_u32(header, 16, 0);
        let crc = crc32fast::hash(&header[..92]);
        put_u32(header, 16, crc);
        let error = read_table(&disk).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
        assert_eq!(error.family(), Family::Corrupt);
    }
    let mut disk = Memory(vec![0; 64 << 10]);
    Gpt::primary(512, vec![]).write(&mut disk.0);
    let header = &mut disk.0[512..1024];
    put_u64(header, 72, u64::MAX);
    put_u32(header, 16, 0);
    let crc = crc32fast::hash(&header[..92]);
    put_u32(header, 16, crc);
    let error = read_table(&disk).unwrap_err();
    assert!(error.to_string().contains("past the image's end"), "{error}");
}

#[test]
fn a_failing_disk_is_the_hosts_fault_and_the_backup_saves_it() {
    let mut memory = Memory(vec![0; 64 << 10]);
    put_record(&mut memory.0, 0, 0, 0xEE, 1, 127);
    let backup = Gpt { my_lba: 127, entry_lba: 95, ..Gpt::primary(512, vec![(40, 50)]) };
    backup.write(&mut memory.0);
    let disk = FaultDevice::new(memory.clone()).failing(512..8192, Errno::IO);
    assert_eq!(read_table(&disk).unwrap().unwrap().partitions.len(), 1);
    let disk = disk.failing(60 << 10..64 << 10, Errno::IO);
    assert_eq!(read_table(&disk).unwrap_err().family(), Family::HostIo);
    // With no MBR to say that there is a GPT, its absence cannot be told either.
    memory.0[..512].fill(0);
    let disk = FaultDevice::new(memory).failing(512..1024, Errno::IO);
    assert_eq!(read_table(&disk).unwrap_err().family(), Family::HostIo);
}

#[test]
fn a_hostile_name_cannot_act_on_a_terminal() {
    let mut disk = Memory(vec![0; 64 << 10]);
    let gpt = Gpt::primary(512, vec![(40, 50)]);
    gpt.write(&mut disk.0);
    let name = "\u{1b}[2J\u{202e}x".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    disk.0[1024 + 56..][..name.len()].copy_from_slice(&name);
    gpt.write(&mut disk.0);
    let text = table(&disk).partitions[0].to_string();
    assert!(text.ends_with(r#"name "\u{1b}[2J\u{202e}x""#), "{text}");
}

/// Reads and selects in every way; checks what holds whatever the bytes are.
fn exercise(disk: Memory) {
    let size_bytes = disk.size_bytes();
    let recorder = Recorder::tracing(disk);
    if let Ok(Some(table)) = read_table(&recorder) {
        assert!(table.partitions.len() <= 32768);
        for partition in &table.partitions {
            let _ = partition.to_string();
        }
    }
    // The chain is 256 sectors at most; a GPT is two headers for each block size, and one more
    // where the primary says, each with an array of 4 MiB at most.
    let trace = recorder.handle().trace();
    assert!(trace.len() <= 1 + 256 + 6 * (1 + 64), "{}", trace.len());
    let fits = |call: &Call| call.len_bytes <= 64 << 10 && call.offset_bytes < size_bytes;
    assert!(trace.iter().all(fits));
    for selection in
        [Selection::Unnamed, Selection::Auto, Selection::Number(1), Selection::Number(5)]
    {
        match select(&recorder, selection, disk::probe) {
            Ok((Some(p), _)) => assert!(p.len_bytes > 0 && p.end_bytes() <= size_bytes),
            Ok((None, _)) => {}
            Err(e) => drop(e.to_string()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Boot records everywhere, so that chains are long and cross.
    #[test]
    fn random_boot_records_do_no_harm(
        records in prop::collection::vec(
            (0_usize..64, 0_usize..4, prop::sample::select(vec![0x05_u8, 0x0F, 0x83, 0xEE, 0]),
             prop_oneof![0_u32..80, any::<u32>()], prop_oneof![0_u32..80, any::<u32>()]),
            0..64,
        ),
        first in 0_u32..64,
    ) {
        let mut disk = vec![0; 64 * 512];
        put_record(&mut disk, 0, 0, 0x05, first, 64);
        for (sector, index, sys_ind, start, len) in records {
            put_record(&mut disk, sector, index, sys_ind, start, len);
        }
        exercise(Memory(disk));
    }

    /// Headers with right checksums and any values.
    #[test]
    fn random_gpts_do_no_harm(
        lba_bytes in prop::sample::select(vec![512_usize, 4096]),
        my_lba in 1_usize..16,
        entry_lba in 0_usize..16,
        alternate_lba in prop_oneof![0_u64..20, any::<u64>()],
        entries in prop_oneof![0_u32..600, any::<u32>()],
        entry_bytes in prop::sample::select(vec![0_u32, 1, 128, 200, 256, 4096, 1 << 31]),
        protective in any::<bool>(),
        ranges in prop::collection::vec((any::<u64>(), any::<u64>()), 0..4),
        noise in prop::collection::vec((0_usize..65536, any::<u8>()), 0..8),
    ) {
        let mut disk = vec![0; 16 * 4096];
        if protective {
            put_record(&mut disk, 0, 0, 0xEE, 1, u32::MAX);
        }
        let partitions = if entry_bytes <= 4096 { ranges } else { vec![] };
        let gpt = Gpt { lba_bytes, my_lba, alternate_lba, entry_lba, entries, entry_bytes, partitions };
        if entry_lba * lba_bytes + 4 * 4096 <= disk.len() {
            gpt.write(&mut disk);
            Gpt { my_lba: 1, alternate_lba: my_lba as u64, ..gpt }.write(&mut disk);
        }
        for (at, byte) in noise {
            disk[at] = byte;
        }
        exercise(Memory(disk));
    }

    /// Any bytes, with what it takes to be looked at.
    #[test]
    fn random_bytes_do_no_harm(
        mut bytes in prop::collection::vec(any::<u8>(), 0..8192),
        marks in prop::collection::vec(0_usize..8, 0..4),
    ) {
        for mark in marks {
            let at = mark * 512 + 510;
            if bytes.len() > at + 10 {
                bytes[at..at + 2].copy_from_slice(&[0x55, 0xAA]);
                bytes[at + 2..at + 10].copy_from_slice(b"EFI PART");
                for record in 0..4 {
                    bytes[mark * 512 + 446 + record * 16] &= 0x80;
                }
            }
        }
        exercise(Memory(bytes));
    }
}
