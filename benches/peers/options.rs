//! What the command line of the bench asks for.

/// The options.
#[derive(Debug)]
pub struct Options {
    /// Small images and few rounds: to see that the bench works, not for figures.
    pub quick: bool,
    /// Count system calls and peak memory too.
    pub calls: bool,
    /// Use every processor.
    pub unpinned: bool,
    /// Name the cases and stop.
    pub list: bool,
    only: Vec<String>,
    rounds: Option<usize>,
}

impl Options {
    /// Parses arguments; cargo adds `--bench` to them.
    pub fn parse(mut args: impl Iterator<Item = String>) -> Self {
        let mut options = Self {
            quick: false,
            calls: true,
            unpinned: false,
            list: false,
            only: Vec::new(),
            rounds: None,
        };
        while let Some(arg) = args.next() {
            let mut value = || args.next().unwrap_or_else(|| panic!("{arg} needs a value"));
            match arg.as_str() {
                "--bench" => {}
                "--quick" => options.quick = true,
                "--no-calls" => options.calls = false,
                "--unpinned" => options.unpinned = true,
                "--list" => options.list = true,
                "--only" => options.only.push(value()),
                "--rounds" => options.rounds = Some(value().parse().expect("--rounds N")),
                _ => panic!("{arg} is no option; see benches/README.md"),
            }
        }
        options
    }

    /// Whether a case is asked for: by its name or the beginning of it.
    pub fn wants(&self, case: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| case.starts_with(only.as_str()))
    }

    /// How many rounds, where a case would have `usual`.
    pub fn rounds(&self, usual: usize) -> usize {
        let quick = if self.quick { usual.div_ceil(4) } else { usual };
        self.rounds.unwrap_or(quick).max(1)
    }
}
