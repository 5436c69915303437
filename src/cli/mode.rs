//! Modes as `chmod` takes them: `644`, `u+x,go=rX`, `g=u`, `+t`, `=755`.
//!
//! The meaning is that of GNU `chmod`, which adds to POSIX that a directory keeps its set-id bits
//! unless they are named. `755` and `u=rwx` leave a directory of mode 2700 its set-group-id bit;
//! `00755` (five digits or more), `=755`, `g-s` and `2755` say what becomes of it.
//!
//! A clause without `u`, `g`, `o` or `a` means all of them, but leaves alone what the umask holds
//! back: with a umask of 022, `+w` is `u+w`.

/// Read, write and execute for user, group and others.
const PERMISSIONS: u16 = 0o777;
/// Set-user-id and set-group-id.
const SET_IDS: u16 = 0o6000;
const STICKY: u16 = 0o1000;
/// All that a mode may change.
const ALL: u16 = 0o7777;
/// Execute for user, group and others; times 4 it is read, times 2 it is write.
const EXECUTE: u16 = 0o111;

/// A change to a mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModeChange {
    /// A number.
    Octal {
        /// The number.
        mode: u16,
        /// Whether it names the set-id bits of a directory even where it has none.
        names_set_ids: bool,
    },
    /// Steps, each taken from where the one before ended.
    Symbolic(Vec<Step>),
}

/// One operator and what it is applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The bits of those who are named; none where nobody is.
    who: Option<u16>,
    op: Op,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Add,
    Remove,
    Set,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// Letters.
    Bits { bits: u16, execute_if_any: bool },
    /// What one class has: its read bit's distance from that of others.
    Like { shift: u16 },
    /// A number behind an operator.
    Octal(u16),
}

impl ModeChange {
    /// Takes a mode apart.
    ///
    /// # Errors
    /// It is none; says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            let mode = octal(text)?;
            return Ok(Self::Octal { mode, names_set_ids: text.len() > 4 });
        }
        let mut steps = Vec::new();
        for clause in text.split(',') {
            parse_clause(clause, &mut steps)?;
        }
        Ok(Self::Symbolic(steps))
    }

    /// The mode that comes of `old`, with the file type's bits left as they are.
    #[must_use]
    pub fn apply(&self, old: u16, is_dir: bool, umask: u16) -> u16 {
        let new = match self {
            Self::Octal { mode, names_set_ids } => {
                let kept = if is_dir && !names_set_ids { old & SET_IDS } else { 0 };
                mode | kept
            }
            Self::Symbolic(steps) => {
                steps.iter().fold(old & ALL, |mode, step| step.apply(mode, is_dir, umask))
            }
        };
        (old & !ALL) | new
    }
}

impl Step {
    fn apply(self, mode: u16, is_dir: bool, umask: u16) -> u16 {
        let bits = match self.what {
            What::Bits { bits, execute_if_any } if execute_if_any => {
                bits | if is_dir || mode & EXECUTE != 0 { EXECUTE } else { 0 }
            }
            What::Bits { bits, .. } | What::Octal(bits) => bits,
            What::Like { shift } => (mode >> shift & 7).saturating_mul(EXECUTE),
        };
        let whole = matches!(self.what, What::Octal(_));
        let (may_set, may_clear) = match self.who {
            _ if whole => (ALL, ALL),
            Some(who) => (who, who),
            None => (ALL & !umask, ALL),
        };
        let named = match self.what {
            What::Octal(_) => SET_IDS,
            What::Bits { bits, .. } => bits & self.who.unwrap_or(ALL),
            What::Like { .. } => 0,
        };
        let kept = if is_dir { SET_IDS & !named } else { 0 };
        let bits = bits & may_set & !kept;
        match self.op {
            Op::Add => mode | bits,
            Op::Remove => mode & !bits,
            Op::Set => mode & !(may_clear & !kept) | bits,
        }
    }
}

/// `[ugoa]*([-+=]([rwxXst]*|[ugo]))+`, or `[-+=][0-7]+`.
fn parse_clause(clause: &str, steps: &mut Vec<Step>) -> Result<(), &'static str> {
    let rest = clause.trim_start_matches(['u', 'g', 'o', 'a']);
    let classes = clause.get(..clause.len().saturating_sub(rest.len())).unwrap_or_default();
    let who = classes.chars().map(class_bits).reduce(|a, b| a | b);
    let mut rest = rest;
    loop {
        let mut chars = rest.chars();
        let op = match chars.next() {
            Some('+') => Op::Add,
            Some('-') => Op::Remove,
            Some('=') => Op::Set,
            _ => return Err("want +, - or = behind u, g, o or a"),
        };
        let behind = chars.as_str();
        let end = behind.find(['+', '-', '=']).unwrap_or(behind.len());
        let (letters, next) = behind.split_at_checked(end).unwrap_or((behind, ""));
        let what = parse_what(letters)?;
        if matches!(what, What::Octal(_)) && who.is_some() {
            return Err("a number is for everyone");
        }
        steps.push(Step { who, op, what });
        if next.is_empty() {
            return Ok(());
        }
        if matches!(what, What::Octal(_)) {
            return Err("nothing may follow a number");
        }
        rest = next;
    }
}

fn parse_what(letters: &str) -> Result<What, &'static str> {
    match letters {
        "u" => return Ok(What::Like { shift: 6 }),
        "g" => return Ok(What::Like { shift: 3 }),
        "o" => return Ok(What::Like { shift: 0 }),
        number if number.starts_with(|c: char| c.is_ascii_digit()) => {
            return octal(number).map(What::Octal);
        }
        _ => {}
    }
    let (mut bits, mut execute_if_any) = (0, false);
    for letter in letters.chars() {
        match letter {
            'r' => bits |= 0o444,
            'w' => bits |= 0o222,
            'x' => bits |= EXECUTE,
            'X' => execute_if_any = true,
            's' => bits |= SET_IDS,
            't' => bits |= STICKY,
            _ => return Err("want letters of rwxXst, or one of u, g and o, behind +, - or ="),
        }
    }
    Ok(What::Bits { bits, execute_if_any })
}

/// The bits that belong to a class: its permissions, and what goes with them.
fn class_bits(class: char) -> u16 {
    match class {
        'u' => 0o4700,
        'g' => 0o2070,
        'o' => 0o1007,
        _ => SET_IDS | STICKY | PERMISSIONS,
    }
}

fn octal(digits: &str) -> Result<u16, &'static str> {
    if !digits.bytes().all(|digit| (b'0'..=b'7').contains(&digit)) {
        return Err("want octal digits");
    }
    let mode = u16::from_str_radix(digits, 8).ok().filter(|mode| *mode <= ALL);
    mode.ok_or("the largest is 7777")
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::process::{Command, Stdio};

    use super::*;

    fn applied(change: &str, old: u16, is_dir: bool) -> u16 {
        ModeChange::parse(change).unwrap().apply(old, is_dir, 0o022)
    }

    #[test]
    fn changes_mean_what_they_mean_to_chmod() {
        for (change, old, file, dir) in [
            ("644", 0o6755, 0o644, 0o6644),
            ("0644", 0o6755, 0o644, 0o6644),
            ("00644", 0o6755, 0o644, 0o644),
            ("2755", 0o4700, 0o2755, 0o6755),
            ("=755", 0o6700, 0o755, 0o755),
            ("u+x", 0o644, 0o744, 0o744),
            ("go=rX", 0o700, 0o755, 0o755),
            ("go=rX", 0o600, 0o644, 0o655),
            ("+w", 0o444, 0o644, 0o644),
            ("a+w", 0o444, 0o666, 0o666),
            ("a-w", 0o666, 0o444, 0o444),
            ("+t", 0o777, 0o1777, 0o1777),
            ("u=g", 0o070, 0o770, 0o770),
            ("ug+s", 0o755, 0o6755, 0o6755),
            ("u=", 0o4755, 0o055, 0o4055),
            ("u=rw,g=r,o=", 0o7777, 0o640, 0o6640),
            ("u+r-w+x", 0o200, 0o500, 0o500),
        ] {
            assert_eq!(applied(change, old, false), file, "{change} on a file of {old:o}");
            assert_eq!(applied(change, old, true), dir, "{change} on a directory of {old:o}");
        }
    }

    #[test]
    fn the_file_type_stays() {
        assert_eq!(applied("a=", 0o100_755, false), 0o100_000);
        assert_eq!(applied("7777", 0o040_000, true), 0o047_777);
    }

    #[test]
    fn what_is_no_mode_is_refused() {
        let wrong = [
            "", ",", "u", "8", "648", "77777", "u+r,", ",u+r", "u+q", "u=7", "=7+x", "u=go", "r",
            "u+ux", "-1000000", "u +x", "\u{e9}", "+\u{e9}", "0x1",
        ];
        for wrong in wrong {
            assert!(ModeChange::parse(wrong).is_err(), "{wrong}");
        }
    }

    /// Numbers that are the same each time.
    struct Random(u64);

    impl Random {
        fn below(&mut self, end: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(self.0 >> 33).unwrap() % end
        }

        fn some(&mut self, letters: &str, most: usize) -> String {
            let letters: Vec<_> = letters.chars().collect();
            let count = self.below(most + 1);
            (0..count).map(|_| letters[self.below(letters.len())]).collect()
        }

        /// A mode; one in about five is none.
        fn mode(&mut self) -> String {
            match self.below(10) {
                0 => self.some("01234567", 6),
                1 => format!("{}{}", &"+-="[self.below(3)..][..1], self.some("01234567", 5)),
                2 => self.some("ugoa+-=rwxXst,07", 6),
                _ => {
                    let clauses = 1 + self.below(3);
                    (0..clauses).map(|_| self.clause()).collect::<Vec<_>>().join(",")
                }
            }
        }

        fn clause(&mut self) -> String {
            let mut clause = self.some("ugoa", 2);
            for _ in 0..=self.below(2) {
                clause.push_str(&"+-="[self.below(3)..][..1]);
                let like = self.below(4) == 0;
                let what = if like { self.some("ugo", 1) } else { self.some("rwxXst", 4) };
                clause.push_str(&what);
            }
            clause
        }
    }

    #[test]
    fn random_changes_are_those_of_chmod() {
        let dir = tempfile::tempdir().unwrap();
        let mut random = Random(7);
        let mut script = "cd \"$0\"\n".to_owned();
        let mut cases = Vec::new();
        for number in 0..1000 {
            let (path, is_dir) = (dir.path().join(number.to_string()), number % 2 == 0);
            let old = u16::try_from(random.below(0o10000)).unwrap();
            let umask = u16::try_from(random.below(0o1000)).unwrap();
            let change = random.mode();
            if is_dir {
                fs::create_dir(&path).unwrap();
            } else {
                fs::write(&path, b"").unwrap();
            }
            fs::set_permissions(&path, Permissions::from_mode(u32::from(old))).unwrap();
            let refused = format!("{number}.refused");
            script.push_str(&format!("umask {umask:03o}; "));
            script.push_str(&format!("chmod -- '{change}' {number} || : >{refused}\n"));
            cases.push((path, dir.path().join(refused), is_dir, old, umask, change));
        }
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).arg(dir.path()).stderr(Stdio::null());
        assert!(shell.status().unwrap().success());
        let mut refused_count = 0;
        for (path, refused, is_dir, old, umask, change) in cases {
            let found = path.metadata().unwrap().permissions().mode() & 0o7777;
            // Or else only root could remove it.
            fs::set_permissions(&path, Permissions::from_mode(0o700)).unwrap();
            let ours = ModeChange::parse(&change);
            assert_eq!(ours.is_err(), refused.exists(), "'{change}' by chmod, {ours:?} by us");
            let Ok(ours) = ours else {
                refused_count += 1;
                continue;
            };
            let ours = ours.apply(old, is_dir, umask);
            assert_eq!(
                format!("{ours:04o}"),
                format!("{found:04o}"),
                "'{change}' on {old:04o}, directory: {is_dir}, umask {umask:03o}"
            );
        }
        assert!((10..500).contains(&refused_count), "{refused_count} of 1000 were no mode");
    }
}
