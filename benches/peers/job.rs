//! A job: the processes that do one thing a user wants done, timed from the first's start to the
//! last's end.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::tools;
use crate::verify;

/// Longest time that the rounds of one job may take; slow peers get fewer rounds.
const BUDGET: Duration = Duration::from_secs(40);
const FEWEST_ROUNDS: usize = 3;

/// A program and its arguments.
#[derive(Debug, Clone)]
pub struct Line(Vec<OsString>);

impl Line {
    /// A command line; the program is looked up once, not in the timed run.
    pub fn new(program: &Path) -> Self {
        Self(vec![program.into()])
    }

    /// Adds an argument.
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.0.push(arg.into());
        self
    }

    /// Puts another command, which runs this one, in front.
    pub fn under(&self, runner: Self) -> Self {
        Self(runner.0.into_iter().chain(self.0.iter().cloned()).collect())
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.0[0]);
        command.args(&self.0[1..]).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(Stdio::null()).env("LC_ALL", "C");
        command
    }

    fn succeed(&self) -> Result<(), String> {
        let status = self.command().status().map_err(|e| e.to_string())?;
        if status.success() { Ok(()) } else { Err(format!("{:?}: {status}", self.0)) }
    }
}

/// Where the main program's output goes.
#[derive(Debug, Clone)]
pub enum Sink {
    /// Into `cat >/dev/null`, as in a shell's pipeline.
    Pipe,
    /// To `/dev/null`.
    Null,
    /// To a file that is new in every run.
    File(PathBuf),
    /// The program itself makes this file, new in every run.
    Itself(PathBuf),
}

impl Sink {
    /// The file that is new in every run.
    fn file(&self) -> Option<&PathBuf> {
        match self {
            Self::File(out) | Self::Itself(out) => Some(out),
            Self::Pipe | Self::Null => None,
        }
    }
}

/// What a job's output has to be for its time to count.
#[derive(Debug, Clone)]
pub enum Check {
    /// The bytes of this file.
    Same(PathBuf),
    /// At least so many lines.
    Lines(usize),
    /// An archive of at least so many entries.
    Entries(usize),
    /// A tree like this one.
    Tree(PathBuf),
    /// Nothing: the image holds a plain file as `/f`, or a plain tree as `/`.
    Holds {
        /// The image.
        image: PathBuf,
        /// The file or the tree.
        plain: PathBuf,
    },
}

/// An image that a job changes, and so starts from a fresh copy of.
#[derive(Debug, Clone)]
pub struct Fresh {
    /// What it is a copy of.
    pub from: PathBuf,
    /// The image.
    pub image: PathBuf,
}

/// Processes that do one thing.
#[derive(Debug, Clone)]
pub struct Job {
    /// The image that is made anew before the time starts.
    pub fresh: Option<Fresh>,
    /// What must come first: a mount.
    pub before: Vec<Line>,
    /// The program itself.
    pub main: Line,
    /// What must come last, also when the program fails: an unmount.
    pub after: Vec<Line>,
    /// Where its output goes.
    pub sink: Sink,
}

impl Job {
    /// A job of one program.
    pub fn new(main: Line, sink: Sink) -> Self {
        Self { fresh: None, before: Vec::new(), main, after: Vec::new(), sink }
    }

    /// The same job with its program run under another.
    pub fn under(&self, runner: Line) -> Self {
        Self { main: self.main.under(runner), ..self.clone() }
    }

    /// Runs it and takes the time.
    pub fn time(&self) -> Result<Duration, String> {
        if let Some(out) = self.sink.file() {
            let _ = fs::remove_file(out).or_else(|_| fs::remove_dir_all(out));
        }
        if let Some(Fresh { from, image }) = &self.fresh {
            // A new file: one that is overwritten would keep its pages, and cost less to fill.
            let _ = fs::remove_file(image);
            tools::copy_sparse(from, image);
        }
        let start = Instant::now();
        self.around(|| self.run_main())?;
        Ok(start.elapsed())
    }

    fn around<T>(&self, main: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
        let result = self.before.iter().try_for_each(Line::succeed).and_then(|()| main());
        // All of them, whatever fails: no mount may outlive its job.
        let after = self.after.iter().map(Line::succeed).fold(Ok(()), Result::and);
        result.and_then(|value| after.map(|()| value))
    }

    fn run_main(&self) -> Result<(), String> {
        match &self.sink {
            Sink::Null | Sink::Itself(_) => self.main.succeed(),
            Sink::File(out) => {
                let out = File::create(out).map_err(|e| e.to_string())?;
                let child = self.main.command().stdout(out).spawn();
                finish(child.map_err(|e| e.to_string())?)
            }
            Sink::Pipe => self.pipe_into(Command::new("cat").stdout(Stdio::null())).map(drop),
        }
    }

    /// Runs the program with its output piped into `reader`; both must succeed.
    fn pipe_into(&self, reader: &mut Command) -> Result<Vec<u8>, String> {
        let mut writer = self.main.command();
        let mut writer = writer.stdout(Stdio::piped()).spawn().map_err(|e| e.to_string())?;
        let pipe = writer.stdout.take().expect("the output is piped");
        let child = reader.stdin(pipe).stderr(Stdio::null()).spawn().expect("the reader starts");
        // The command keeps its end of the pipe: a reader that ends early would not be noticed.
        reader.stdin(Stdio::null());
        let read = child.wait_with_output().map_err(|e| e.to_string())?;
        finish(writer)?;
        if read.status.success() { Ok(read.stdout) } else { Err("wrong output".to_owned()) }
    }

    /// Runs it once, unmeasured, and checks its output; this also warms what it reads.
    pub fn verify(&self, check: &Check) -> Result<(), String> {
        match (check, self.sink.file()) {
            (Check::Holds { image, plain }, _) => {
                self.time()?;
                verify::holds(image, plain)
            }
            (Check::Same(plain), Some(out)) => {
                self.time()?;
                verify::same(out, plain)
            }
            (Check::Same(plain), None) => {
                let mut cmp = Command::new("cmp");
                let cmp = cmp.args(["-s", "-"]).arg(plain);
                self.around(|| self.pipe_into(cmp)).map(drop)
            }
            (Check::Tree(plain), out) => {
                self.time()?;
                verify::same_tree(out.ok_or("nothing was made")?, plain)
            }
            (Check::Lines(least), _) => self.verify_lines(Command::new("cat"), *least),
            (Check::Entries(least), _) => {
                let mut list = Command::new("tar");
                list.args(["-t", "-f", "-"]);
                self.verify_lines(list, *least)
            }
        }
    }
}

impl Job {
    /// Runs it once, and counts the lines that `reader` makes of its output.
    fn verify_lines(&self, mut reader: Command, least: usize) -> Result<(), String> {
        self.around(|| {
            let lines = self.pipe_into(reader.stdout(Stdio::piped()))?;
            let count = lines.iter().filter(|byte| **byte == b'\n').count();
            let few = || format!("{count} lines of output, of {least}");
            if count >= least { Ok(()) } else { Err(few()) }
        })
    }
}

fn finish(mut child: Child) -> Result<(), String> {
    let status = child.wait().map_err(|e| e.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("{status}")) }
}

/// What rounds of a job and its limit gave.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// Median of the job's time over the limit's, pair by pair.
    pub ratio: f64,
    /// The least and the largest of those ratios.
    pub spread: (f64, f64),
    /// Median time of the job.
    pub median: Duration,
    /// Rounds run.
    pub rounds: usize,
}

/// Runs the job and its limit in turns, so that what disturbs one disturbs the other.
pub fn compare(job: &Job, limit: &Job, rounds: usize) -> Result<Times, String> {
    let start = Instant::now();
    limit.time()?;
    job.time()?;
    let mut pairs = Vec::new();
    while pairs.len() < rounds && (pairs.len() < FEWEST_ROUNDS || start.elapsed() < BUDGET) {
        let least = limit.time()?;
        pairs.push((job.time()?, least));
    }
    let mut ratios: Vec<_> = pairs.iter().map(|(t, l)| t.as_secs_f64() / l.as_secs_f64()).collect();
    ratios.sort_by(f64::total_cmp);
    let mut times: Vec<_> = pairs.iter().map(|(time, _)| *time).collect();
    times.sort();
    let middle = pairs.len() / 2;
    Ok(Times {
        ratio: ratios[middle],
        spread: (ratios[0], ratios[ratios.len() - 1]),
        median: times[middle],
        rounds: pairs.len(),
    })
}
