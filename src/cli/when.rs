//! Times that are given, and the time that is invented.
//!
//! `--mtime '2024-02-29 12:00 +02:00'` is a [`Date`] of 1709200800 seconds. A time without a zone
//! is in that of the host (`TZ`), as [`time`](super::time) shows it. `now`, and whatever else a
//! command invents, is the instant of its [`Clock`]: one for the whole command, and that of
//! `SOURCE_DATE_EPOCH` where it is set.

use std::ffi::OsStr;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

use super::exit::Failure;

/// Seconds since 1970 and nanoseconds, as ext2 keeps them.
pub type Instant = (i64, u32);

/// The first second that ext2 can hold, 1901-12-13 20:45:52 UTC.
const MIN_SECONDS: i64 = -(1 << 31);
/// The last one, 2446-05-10 22:38:55 UTC; inodes of 128 bytes end with 2038-01-19.
const MAX_SECONDS: i64 = (1 << 34) - (1 << 31) - 1;

/// The time of a command.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    now: Instant,
}

impl Clock {
    /// The time of `SOURCE_DATE_EPOCH` where that is set, or else of the host.
    ///
    /// # Errors
    /// A usage failure where `SOURCE_DATE_EPOCH` is no number of seconds that ext2 can hold.
    pub fn new() -> Result<Self, Failure> {
        match std::env::var_os("SOURCE_DATE_EPOCH") {
            Some(given) => Self::given(&given),
            None => Ok(Self::of_host(SystemTime::now())),
        }
    }

    /// The instant that stands for now.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    fn given(text: &OsStr) -> Result<Self, Failure> {
        let digits = text.to_str().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let seconds = digits.and_then(|digits| digits.parse().ok());
        match seconds.and_then(|seconds| in_range(seconds, 0).ok()) {
            Some(now) => Ok(Self { now }),
            None => Err(Failure::usage(
                "bad_source_date_epoch",
                format!(
                    "SOURCE_DATE_EPOCH is {text:?}: want seconds since 1970, up to {MAX_SECONDS}"
                ),
            )),
        }
    }

    fn of_host(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let seconds = i64::try_from(since.as_secs()).unwrap_or(MAX_SECONDS);
        Self { now: (seconds.min(MAX_SECONDS), since.subsec_nanos()) }
    }
}

/// A time that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Date {
    /// That of the command.
    Now,
    /// This one.
    At(Instant),
}

impl Date {
    /// The instant that is meant.
    #[must_use]
    pub fn resolve(self, clock: &Clock) -> Instant {
        match self {
            Self::Now => clock.now(),
            Self::At(instant) => instant,
        }
    }
}

/// A time as `touch -d` takes it: `now`, `@SECONDS[.FRACTION]`, a date or a date and time of
/// ISO 8601 with or without a zone, and what mail has (RFC 2822).
///
/// # Errors
/// It is none, or none that ext2 can hold; says why.
pub fn parse_date(text: &str) -> Result<Date, String> {
    parse_in(text, &TimeZone::system())
}

fn parse_in(text: &str, zone: &TimeZone) -> Result<Date, String> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("now") {
        return Ok(Date::Now);
    }
    let (seconds, nanoseconds) = if let Some(number) = text.strip_prefix('@') {
        parse_seconds(number).ok_or("want @SECONDS or @SECONDS.FRACTION")?
    } else {
        let timestamp = parse_timestamp(text, zone)?;
        // Before 1970 both are negative; ext2 counts its nanoseconds forwards.
        let whole = timestamp.as_second();
        let nanoseconds = timestamp.subsec_nanosecond();
        match u32::try_from(nanoseconds) {
            Ok(nanoseconds) => (whole, nanoseconds),
            Err(_) => {
                let up = nanoseconds.saturating_add(1_000_000_000);
                (whole.saturating_sub(1), u32::try_from(up).unwrap_or(0))
            }
        }
    };
    in_range(seconds, nanoseconds).map(Date::At)
}

fn in_range(seconds: i64, nanoseconds: u32) -> Result<Instant, String> {
    if (MIN_SECONDS..=MAX_SECONDS).contains(&seconds) {
        return Ok((seconds, nanoseconds));
    }
    Err("ext2 holds times from 1901-12-13 20:45:52 to 2446-05-10 22:38:55 UTC".into())
}

/// `[-]DIGITS[.DIGITS]`.
fn parse_seconds(text: &str) -> Option<Instant> {
    let (negative, number) = match text.strip_prefix('-') {
        Some(number) => (true, number),
        None => (false, text),
    };
    let (whole, fraction) = match number.split_once(['.', ',']) {
        Some((_, "")) => return None,
        Some((whole, fraction)) => (whole, fraction),
        None => (number, ""),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let nanoseconds: u32 = format!("{fraction:0<9}").parse().ok()?;
    // More seconds than any date has, which the range then refuses.
    let seconds: i64 = whole.parse().unwrap_or(i64::MAX);
    Some(match (negative, nanoseconds) {
        (false, _) => (seconds, nanoseconds),
        (true, 0) => (seconds.saturating_neg(), 0),
        (true, _) => (
            seconds.saturating_neg().saturating_sub(1),
            1_000_000_000_u32.saturating_sub(nanoseconds),
        ),
    })
}

fn parse_timestamp(text: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    if let Ok(zoned) = rfc2822::parse(text) {
        return Ok(zoned.timestamp());
    }
    let wrong = "want now, @SECONDS, YYYY-MM-DD, or YYYY-MM-DD HH:MM[:SS[.FRACTION]] [Z|+HH:MM]";
    let (date, rest) = text.split_once(['T', 't', ' ']).unwrap_or((text, "00:00"));
    let rest = rest.trim();
    let begins_zone = |c: char| matches!(c, '+' | '-' | ' ') || c.is_ascii_alphabetic();
    let end = rest.find(begins_zone).unwrap_or(rest.len());
    let (time, named) = rest.split_at_checked(end).ok_or(wrong)?;
    let named = named.trim();
    let time = if time.is_empty() && !named.is_empty() { "00:00" } else { time };
    let local: DateTime = format!("{date}T{time}").parse().map_err(|_| wrong)?;
    let zone = match named {
        "" => zone.clone(),
        named => TimeZone::fixed(parse_offset(named).ok_or(wrong)?),
    };
    let ambiguous = zone.to_ambiguous_timestamp(local);
    if matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. }) {
        return Err(format!("there is no {local} in the local time zone, whose clocks skip it"));
    }
    // Of an hour that comes twice, the first.
    ambiguous.compatible().map_err(|error| error.to_string())
}

/// `Z`, `UTC`, `GMT`, `+HH`, `+HHMM` or `+HH:MM`.
fn parse_offset(text: &str) -> Option<Offset> {
    if ["Z", "UTC", "GMT"].iter().any(|utc| utc.eq_ignore_ascii_case(text)) {
        return Some(Offset::UTC);
    }
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+')?),
    };
    let digits = rest.replacen(':', "", 1);
    let colon_is_right = !rest.contains(':') || (rest.len() == 5 && rest.find(':') == Some(2));
    if !colon_is_right || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i32 = digits.parse().ok()?;
    let (hours, minutes) = match digits.len() {
        2 => (number, 0),
        4 => (number.checked_div(100)?, number.checked_rem(100)?),
        _ => return None,
    };
    if hours > 24 || minutes > 59 {
        return None;
    }
    let seconds = hours.saturating_mul(3600).saturating_add(minutes.saturating_mul(60));
    Offset::from_seconds(seconds.saturating_mul(sign)).ok()
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use super::*;

    fn at(text: &str) -> Instant {
        match parse_in(text, &TimeZone::UTC) {
            Ok(Date::At(instant)) => instant,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn dates_have_many_forms() {
        for (text, want) in [
            ("@0", (0, 0)),
            ("@1709200800.5", (1_709_200_800, 500_000_000)),
            ("@-1.5", (-2, 500_000_000)),
            ("@-1", (-1, 0)),
            ("2024-02-29", (1_709_164_800, 0)),
            ("20240229", (1_709_164_800, 0)),
            ("2024-02-29 UTC", (1_709_164_800, 0)),
            ("2024-02-29 12:00", (1_709_208_000, 0)),
            (" 2024-02-29T12:00:01 ", (1_709_208_001, 0)),
            ("2024-02-29T12:00:01Z", (1_709_208_001, 0)),
            ("2024-02-29 12:00:01.25 utc", (1_709_208_001, 250_000_000)),
            ("2024-02-29 12:00 +02:00", (1_709_200_800, 0)),
            ("2024-02-29T12:00:00+0200", (1_709_200_800, 0)),
            ("2024-02-29T12:00:00-02", (1_709_215_200, 0)),
            ("1969-12-31 23:59:58.5", (-2, 500_000_000)),
            ("Thu, 29 Feb 2024 12:00:00 +0200", (1_709_200_800, 0)),
            ("2446-05-10 22:38:55.999999999", (MAX_SECONDS, 999_999_999)),
            ("1901-12-13 20:45:52", (MIN_SECONDS, 0)),
        ] {
            assert_eq!(at(text), want, "{text}");
        }
    }

    #[test]
    fn dates_are_those_of_date() {
        for text in [
            "2024-02-29 12:00:01",
            "2024-10-27 01:30",
            "2024-07-01",
            "2024-07-01 10:00 -0330",
            "1970-01-01 00:30",
            "@12345",
            "2024-02-29T23:59:59+05:45",
        ] {
            // A zone that POSIX rules tell whole needs no database.
            let zone = "CET-1CEST,M3.5.0,M10.5.0/3";
            let mut date = Command::new("date");
            let ran = date.env("TZ", zone).args(["-d", text, "+%s"]).output().unwrap();
            let want = String::from_utf8(ran.stdout).unwrap().trim().to_owned();
            let found = parse_in(text, &TimeZone::posix(zone).unwrap());
            let Ok(Date::At((seconds, 0))) = found else { panic!("{text}: {found:?}") };
            assert_eq!(seconds.to_string(), want, "{text}");
        }
    }

    #[test]
    fn an_hour_that_is_skipped_is_no_time_and_of_one_that_comes_twice_it_is_the_first() {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let error = parse_in("2024-03-31 02:30", &zone).unwrap_err();
        assert!(error.contains("2024-03-31T02:30:00"), "{error}");
        let twice = parse_in("2024-10-27 02:30", &zone);
        assert_eq!(twice, parse_in("2024-10-27 02:30 +0200", &zone));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for wrong in [
            "",
            "@",
            "@x",
            "@1.",
            "@.5",
            "@1.0000000001",
            "@99999999999999999999",
            "@-2147483649",
            "2024-02-30",
            "2024-02-29T",
            "2024-02-29T25:00",
            "2024-02-29 12:00 CEST",
            "2024-02-29 12:00 +2",
            "2024-02-29 12:00 +02:60",
            "2024-02-29 12:00 +1:234",
            "2446-05-10 22:38:56",
            "1901-12-13 20:45:51.9",
            "yesterday",
            "12:00",
            "\u{e9}",
            "2024-02-29 \u{e9}",
            "2024-02-29T12:00[UTC]",
        ] {
            assert!(parse_in(wrong, &TimeZone::UTC).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_clock_stands_at_what_was_given() {
        let clock = Clock::given(OsStr::new("1709200800")).unwrap();
        assert_eq!(clock.now(), (1_709_200_800, 0));
        assert_eq!(parse_date("now").unwrap().resolve(&clock), clock.now());
        assert_eq!(Date::At((1, 2)).resolve(&clock), (1, 2));
        for wrong in ["", "x", "-1", "+1", "1.5", " 1", "15032385536"] {
            let failure = Clock::given(OsStr::new(wrong)).unwrap_err();
            assert_eq!(failure.code, "bad_source_date_epoch", "{wrong}");
            assert!(failure.reason.contains(&format!("{wrong:?}")), "{failure}");
        }
        let host = Clock::of_host(UNIX_EPOCH + Duration::new(5, 7));
        assert_eq!(host.now(), (5, 7));
        let (seconds, nanoseconds) = Clock::new().unwrap().now();
        match std::env::var("SOURCE_DATE_EPOCH") {
            Ok(given) => assert_eq!((seconds.to_string(), nanoseconds), (given, 0)),
            // Later than this was written.
            Err(_) => assert!(seconds > 1_700_000_000),
        }
    }
}
