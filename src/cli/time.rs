//! Times for people, in the time zone of the host (`TZ`).

use std::io::{self, Write};
use std::ops::RangeInclusive;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::fs::Time;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// Times older than this are shown with their year: half of a mean Gregorian year, as `ls` has it.
const RECENT_SECONDS: i64 = 31_556_952 / 2;
/// The same as `find -ls` has it: six months of 30 days, and an hour to come.
const FIND_RECENT_SECONDS: RangeInclusive<i64> = -3600..=180 * 24 * 3600;

/// Formats times.
pub struct Clock {
    zone: TimeZone,
    now_seconds: i64,
}

impl Clock {
    /// The host's zone and time; `SOURCE_DATE_EPOCH` stands for the time where it is set.
    pub fn new() -> Self {
        let given = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok());
        let now_seconds = given.unwrap_or_else(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
        });
        Self { zone: TimeZone::system(), now_seconds }
    }

    /// As `ls -l` shows it: `Nov 22 19:27`, or `Nov 22  2024` where that is long ago or to come.
    pub fn short(&self, out: &mut impl Write, time: Time) -> io::Result<()> {
        self.form(out, time, &(0..=RECENT_SECONDS.saturating_sub(1)))
    }

    /// As `find -ls` shows it, which is the same but for what is long ago.
    pub fn of_find(&self, out: &mut impl Write, time: Time) -> io::Result<()> {
        self.form(out, time, &FIND_RECENT_SECONDS)
    }

    /// A time, with its hour where its age is `recent`.
    fn form(
        &self,
        out: &mut impl Write,
        time: Time,
        recent: &RangeInclusive<i64>,
    ) -> io::Result<()> {
        let Ok(timestamp) = Timestamp::from_second(time.seconds) else {
            return write!(out, "{:>12}", time.seconds);
        };
        let local = self.zone.to_datetime(timestamp);
        let index = usize::try_from(local.month()).unwrap_or(1).saturating_sub(1);
        let month = MONTHS.get(index).copied().unwrap_or("???");
        let age = self.now_seconds.saturating_sub(time.seconds);
        if recent.contains(&age) {
            let (day, hour, minute) = (local.day(), local.hour(), local.minute());
            write!(out, "{month} {day:>2} {hour:02}:{minute:02}")
        } else {
            write!(out, "{month} {:>2} {:>5}", local.day(), local.year())
        }
    }

    /// As `stat` shows it: `2026-11-22 19:27:51.000000000 +0000`.
    pub fn long(&self, time: Time) -> String {
        let nanoseconds = i32::try_from(time.nanoseconds).unwrap_or(0);
        let Ok(timestamp) = Timestamp::new(time.seconds, nanoseconds) else {
            return format!("{} seconds since 1970", time.seconds);
        };
        Zoned::new(timestamp, self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S.%9f %z").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(clock: &Clock, seconds: i64) -> String {
        let mut text = Vec::new();
        clock.short(&mut text, Time { seconds, nanoseconds: 0 }).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn recent_times_have_hours_and_others_a_year() {
        let clock = Clock { zone: TimeZone::UTC, now_seconds: 1_700_000_000 };
        assert_eq!(short(&clock, 1_699_999_999), "Nov 14 22:13");
        assert_eq!(short(&clock, 1_600_000_000), "Sep 13  2020");
        assert_eq!(short(&clock, 1_700_000_001), "Nov 14  2023");
    }

    #[test]
    fn long_times_tell_nanoseconds_and_zone() {
        let clock = Clock { zone: TimeZone::UTC, now_seconds: 0 };
        let time = Time { seconds: 1_700_000_000, nanoseconds: 5 };
        assert_eq!(clock.long(time), "2023-11-14 22:13:20.000000005 +0000");
    }
}
