//! The expression of `find`, taken apart into a program without recursion.
//!
//! ```text
//! -type d -o ! -name x      Test(type d)   SkipIf(true, 4)   Test(name x)   Not
//! ```
//!
//! A program has one truth in hand: a test sets it, `SkipIf` goes on further behind where it is
//! such. `!` binds most, then `-a`, which need not be written, then `-o`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use super::predicate::{self, Found};
use super::print::Action;
use super::test::Test;

/// How deep parentheses may lie in each other.
const MOST_PARENTHESES: usize = 200;

/// Paths, and what to do with what is below them.
#[derive(Debug, PartialEq, Eq)]
pub struct Search {
    /// Where to begin, as named.
    pub paths: Vec<Vec<u8>>,
    /// What is asked and done; ends with a truth for an action that is not written.
    pub program: Vec<Op>,
    /// `-mindepth`: what lies less deep is not looked at.
    pub mindepth: usize,
    /// `-maxdepth`: what lies deeper is not looked at.
    pub maxdepth: usize,
}

/// A step of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Asks something.
    Test(Test),
    /// Does something, which is true.
    Do(Action),
    /// Turns the truth in hand.
    Not,
    /// Goes on with the step of that index, where the truth in hand is such.
    SkipIf(bool, usize),
}

impl Search {
    /// Takes apart what stands behind the image.
    ///
    /// # Errors
    /// It is none; says what is wrong, on one line.
    pub fn parse(words: &[OsString]) -> Result<Self, String> {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        let expression = words.iter().position(|word| begins_expression(word));
        let (paths, words) =
            words.split_at_checked(expression.unwrap_or(words.len())).unwrap_or_default();
        let mut paths: Vec<_> = paths.iter().map(|path| path.to_vec()).collect();
        if paths.is_empty() {
            paths.push(b"/".to_vec());
        }
        let mut parser = Parser {
            words,
            parentheses: 0,
            acts: false,
            search: Self { paths, program: Vec::new(), mindepth: 0, maxdepth: usize::MAX },
        };
        if words.is_empty() {
            parser.search.program.push(Op::Test(Test::True));
        } else {
            parser.any("the expression")?;
        }
        if !parser.words.is_empty() {
            return Err("')' without a '('".into());
        }
        let Parser { mut search, acts, .. } = parser;
        if !acts {
            search.program.push(Op::SkipIf(false, search.program.len().saturating_add(2)));
            search.program.push(Op::Do(Action::Print));
        }
        Ok(search)
    }
}

/// Whether a word is no path, but the first of the expression.
fn begins_expression(word: &[u8]) -> bool {
    matches!(word, b"(" | b")" | b"!") || (word.starts_with(b"-") && word.len() > 1)
}

struct Parser<'w> {
    /// What is not yet taken apart.
    words: &'w [&'w [u8]],
    parentheses: usize,
    /// Whether an action is written.
    acts: bool,
    search: Search,
}

impl<'w> Parser<'w> {
    /// Terms with `-o` between them; `before` is what they stand behind.
    fn any(&mut self, before: &str) -> Result<(), String> {
        self.all(before)?;
        let mut skips = Vec::new();
        while let Some(or) = self.take_if(is_or) {
            skips.push(self.skip(true));
            self.all(&quoted(or))?;
        }
        self.land(&skips);
        Ok(())
    }

    /// Terms side by side, or with `-a` between them.
    fn all(&mut self, before: &str) -> Result<(), String> {
        self.term(before)?;
        let mut skips = Vec::new();
        while let Some(next) = self.words.first() {
            if is_or(next) || *next == b")" {
                break;
            }
            let and = self.take_if(|word| matches!(word, b"-a" | b"-and"));
            skips.push(self.skip(false));
            match and {
                Some(and) => self.term(&quoted(and))?,
                _ => self.term("the expression")?,
            }
        }
        self.land(&skips);
        Ok(())
    }

    /// A test, an action or parentheses, with any number of `!` before it.
    fn term(&mut self, before: &str) -> Result<(), String> {
        let mut before = before.to_owned();
        let mut negated = false;
        while let Some(not) = self.take_if(|word| matches!(word, b"!" | b"-not")) {
            before = quoted(not);
            negated = !negated;
        }
        let Some((word, rest)) = self.words.split_first() else {
            return Err(format!("nothing behind {before}"));
        };
        match *word {
            b"(" => {
                self.words = rest;
                self.parenthesis()?;
            }
            b")" if before == "'('" => return Err("nothing between '(' and ')'".into()),
            b")" if self.parentheses == 0 => return Err("')' without a '('".into()),
            b")" => return Err(format!("nothing behind {before}")),
            b"-a" | b"-and" | b"-o" | b"-or" => {
                return Err(format!("nothing before {}", quoted(word)));
            }
            _ => self.predicate()?,
        }
        if negated {
            self.search.program.push(Op::Not);
        }
        Ok(())
    }

    fn parenthesis(&mut self) -> Result<(), String> {
        self.parentheses = self.parentheses.saturating_add(1);
        if self.parentheses > MOST_PARENTHESES {
            return Err(format!("more than {MOST_PARENTHESES} parentheses in each other"));
        }
        self.any("'('")?;
        self.parentheses = self.parentheses.saturating_sub(1);
        match self.take_if(|word| word == b")") {
            Some(_) => Ok(()),
            None => Err("'(' without a ')'".into()),
        }
    }

    fn predicate(&mut self) -> Result<(), String> {
        let (found, words_used) = predicate::parse(self.words)?;
        self.words = self.words.get(words_used..).unwrap_or_default();
        self.search.program.push(match found {
            Found::Test(test) => Op::Test(test),
            Found::Action(action) => {
                self.acts = true;
                Op::Do(action)
            }
            Found::MinDepth(depth) => {
                self.search.mindepth = depth;
                Op::Test(Test::True)
            }
            Found::MaxDepth(depth) => {
                self.search.maxdepth = depth;
                Op::Test(Test::True)
            }
        });
        Ok(())
    }

    /// Takes the next word, if it is such.
    fn take_if(&mut self, wanted: impl Fn(&[u8]) -> bool) -> Option<&'w [u8]> {
        let (first, rest) = self.words.split_first()?;
        if !wanted(first) {
            return None;
        }
        self.words = rest;
        Some(first)
    }

    /// A skip whose end is not yet known; its index.
    fn skip(&mut self, when: bool) -> usize {
        self.search.program.push(Op::SkipIf(when, 0));
        self.search.program.len().saturating_sub(1)
    }

    /// Has skips end here.
    fn land(&mut self, skips: &[usize]) {
        let here = self.search.program.len();
        for skip in skips {
            if let Some(Op::SkipIf(_, to)) = self.search.program.get_mut(*skip) {
                *to = here;
            }
        }
    }
}

fn is_or(word: &[u8]) -> bool {
    matches!(word, b"-o" | b"-or")
}

/// A word of the command line, in quotes.
pub fn quoted(word: &[u8]) -> String {
    format!("'{}'", crate::cli::output::escaped(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &str) -> Result<Search, String> {
        let words: Vec<OsString> = words.split_whitespace().map(Into::into).collect();
        Search::parse(&words)
    }

    /// The truth of an expression of `-links 1` (true) and `-links 2` (false), and what it did.
    fn run(words: &str) -> (bool, usize) {
        let search = parse(words).unwrap();
        let (mut truth, mut at, mut acts) = (true, 0, 0);
        while let Some(op) = search.program.get(at) {
            at += 1;
            match op {
                Op::Test(Test::Links(number)) => truth = number.value == 1,
                Op::Test(_) => truth = true,
                Op::Do(_) => (truth, acts) = (true, acts + 1),
                Op::Not => truth = !truth,
                Op::SkipIf(when, to) if truth == *when => at = *to,
                Op::SkipIf(..) => {}
            }
        }
        (truth, acts)
    }

    #[test]
    fn operators_bind_as_in_findutils() {
        for (words, truth) in [
            ("-links 1", true),
            ("-links 2", false),
            ("! -links 2", true),
            ("! ! -links 2", false),
            ("-links 1 -links 2", false),
            ("-links 1 -o -links 1 -links 2", true),
            ("( -links 1 -o -links 1 ) -links 2", false),
            ("-links 2 -a -links 1 -o -links 1", true),
            ("! ( -links 1 -a -links 2 )", true),
            ("! -links 1 -o -links 2", false),
            ("-not -links 2 -and -links 1 -or -links 2", true),
            ("-links 2 -o -links 2 -o -links 1", true),
            ("( ( -links 2 ) -o ! ( -links 2 ) ) -links 1", true),
            ("-maxdepth 1", true),
            ("", true),
        ] {
            // Without an action, what is true is printed.
            assert_eq!(run(words), (truth, usize::from(truth)), "{words}");
        }
    }

    #[test]
    fn an_action_that_is_written_is_the_only_one() {
        assert_eq!(run("-links 2 -o -print"), (true, 1));
        assert_eq!(run("-links 1 -o -print"), (true, 0));
        assert_eq!(run("-links 2 -print0"), (false, 0));
        assert_eq!(run("-print -ls"), (true, 2));
        assert_eq!(run("( -links 2 -print ) -o -links 1"), (true, 0));
    }

    #[test]
    fn paths_come_first_and_the_root_is_one_where_none_is_named() {
        let paths = |words| parse(words).unwrap().paths;
        assert_eq!(paths(""), [b"/"]);
        assert_eq!(paths("-print"), [b"/"]);
        assert_eq!(paths("/etc - -print"), [b"/etc".to_vec(), b"-".to_vec()]);
        assert_eq!(paths("a ! -print"), [b"a"]);
        let search = parse("a -mindepth 1 -maxdepth 3").unwrap();
        assert_eq!((search.mindepth, search.maxdepth), (1, 3));
    }

    #[test]
    fn what_is_no_expression_says_why() {
        for (words, reason) in [
            ("-links 1 -o", "nothing behind '-o'"),
            ("-links 1 -a", "nothing behind '-a'"),
            ("!", "nothing behind '!'"),
            ("-links 1 -a -o -links 1", "nothing before '-o'"),
            ("-o -print", "nothing before '-o'"),
            ("( )", "nothing between '(' and ')'"),
            ("( ! )", "nothing behind '!'"),
            ("(", "nothing behind '('"),
            ("( -print", "'(' without a ')'"),
            ("-print )", "')' without a '('"),
            (")", "')' without a '('"),
            ("-print /etc", "'/etc' behind the expression: paths come before it"),
            ("-nmae x", "unknown predicate '-nmae'"),
            ("-name", "-name wants an argument"),
        ] {
            assert_eq!(parse(words).unwrap_err(), reason, "{words}");
        }
    }

    #[test]
    fn thousands_of_operators_are_no_deep_recursion() {
        let deep = |count| parse(&format!("{} -print {}", "( ".repeat(count), ") ".repeat(count)));
        assert!(deep(MOST_PARENTHESES).is_ok());
        assert_eq!(deep(100_000).unwrap_err(), "more than 200 parentheses in each other");
        assert_eq!(run(&format!("{} -links 1", "! ".repeat(100_001))), (false, 0));
        assert_eq!(run(&format!("-links 2 {}", "-o -links 1 ".repeat(100_000))), (true, 1));
    }
}
