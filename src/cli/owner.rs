//! Owners as `chown` takes them: `USER`, `USER:GROUP`, `USER:`, `:GROUP`; names or numbers.
//!
//! Names are those of the image's own `/etc/passwd` and `/etc/group`: `www-data:` is the user whom
//! the image calls so, and that user's login group there. Digits are a name first, where the image
//! has one of digits, and a number otherwise; `+0` is always a number. A dot separates nothing.

use super::exit::{Exit, Failure};
use super::names::Names;

/// An owner, a group or both, as given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerSpec {
    user: Option<Who>,
    group: Group,
}

/// What is to be the group.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Group {
    /// The one that there is.
    Same,
    /// The login group of the user.
    Login,
    /// This one.
    Named(Who),
}

/// A user or a group, as given.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Who {
    /// Without a `+`, it may be a name.
    name: Option<String>,
    number: Option<u32>,
}

/// Owners by number; what is none stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// The user.
    pub uid: Option<u32>,
    /// The group.
    pub gid: Option<u32>,
}

/// A name that the image does not know.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum UnknownOwner {
    /// No user is called so.
    #[error("there is no user '{0}' in the image's /etc/passwd")]
    User(String),
    /// No group is called so.
    #[error("there is no group '{0}' in the image's /etc/group")]
    Group(String),
    /// The user of that number has no line.
    #[error("there is no user {0} in the image's /etc/passwd, and so no login group")]
    LoginGroup(u32),
}

impl From<UnknownOwner> for Failure {
    fn from(unknown: UnknownOwner) -> Self {
        let code = match &unknown {
            UnknownOwner::User(_) | UnknownOwner::LoginGroup(_) => "no_such_user",
            UnknownOwner::Group(_) => "no_such_group",
        };
        Self { exit: Exit::Path, code, reason: unknown.to_string() }
    }
}

impl OwnerSpec {
    /// Takes an owner apart.
    ///
    /// # Errors
    /// It is none; says why.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (user, group) = match text.split_once(':') {
            None => (text, Group::Same),
            Some((_, "")) => (text.trim_end_matches(':'), Group::Login),
            Some((user, group)) => (user, Group::Named(Who::parse(group)?)),
        };
        if user.is_empty() && !matches!(group, Group::Named(_)) {
            return Err("want USER, USER:GROUP, USER: or :GROUP".into());
        }
        let user = (!user.is_empty()).then(|| Who::parse(user)).transpose()?;
        Ok(Self { user, group })
    }

    /// The numbers that the image has for it.
    ///
    /// # Errors
    /// A name that the image does not know.
    pub fn resolve(&self, names: &Names) -> Result<Owner, UnknownOwner> {
        let uid = match &self.user {
            Some(user) => Some(user.resolve(|name| names.uid_of(name), UnknownOwner::User)?),
            None => None,
        };
        let gid = match (&self.group, &self.user, uid) {
            (Group::Named(group), ..) => {
                Some(group.resolve(|name| names.gid_of(name), UnknownOwner::Group)?)
            }
            (Group::Login, Some(user), Some(uid)) => {
                let named = user.name.as_deref().and_then(|name| names.login_gid_of(name));
                let of_number = || names.user_name(uid).and_then(|name| names.login_gid_of(name));
                Some(named.or_else(of_number).ok_or(UnknownOwner::LoginGroup(uid))?)
            }
            (Group::Login | Group::Same, ..) => None,
        };
        Ok(Owner { uid, gid })
    }
}

impl Who {
    fn parse(text: &str) -> Result<Self, String> {
        let (name, digits) = match text.strip_prefix('+') {
            Some(digits) => (None, digits),
            None => (Some(text.to_owned()), text),
        };
        if text.contains(':') {
            return Err(format!("'{text}' is no group: one colon is enough"));
        }
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number && name.is_none() {
            return Err(format!("'{text}' is no number"));
        }
        // The last number of 32 bits stands for "as it is" in the calls of every host.
        let number = digits.parse().ok().filter(|number| is_number && *number != u32::MAX);
        if is_number && number.is_none() {
            let most = u32::MAX.saturating_sub(1);
            return Err(format!("'{text}' is too large: the last owner is {most}"));
        }
        Ok(Self { name, number })
    }

    fn resolve(
        &self,
        number_of: impl Fn(&str) -> Option<u32>,
        unknown: impl Fn(String) -> UnknownOwner,
    ) -> Result<u32, UnknownOwner> {
        let named = self.name.as_deref().and_then(number_of);
        named.or(self.number).ok_or_else(|| unknown(self.name.clone().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names::from_tables(
            b"root:x:0:0::/:/bin/sh\nadmin:x:0:4::/:\nweb:x:33:35::/:\n42:x:7:8::/:\nlost:x:9:x::/:",
            b"root:x:0:\nweb:x:34:root\n42:x:43:\n",
        )
    }

    fn resolved(text: &str) -> Result<(Option<u32>, Option<u32>), String> {
        let owner = OwnerSpec::parse(text)?.resolve(&names()).map_err(|error| error.to_string())?;
        Ok((owner.uid, owner.gid))
    }

    #[test]
    fn owners_are_names_of_the_image_or_numbers() {
        for (text, uid, gid) in [
            ("web", Some(33), None),
            ("web:", Some(33), Some(35)),
            ("web:root", Some(33), Some(0)),
            (":web", None, Some(34)),
            ("root:+5", Some(0), Some(5)),
            ("1000", Some(1000), None),
            ("1000:1001", Some(1000), Some(1001)),
            ("0:", Some(0), Some(0)),
            ("admin:", Some(0), Some(4)),
            ("+33:", Some(33), Some(35)),
            ("42", Some(7), None),
            ("42:", Some(7), Some(8)),
            ("+42:42", Some(42), Some(43)),
            ("4294967294", Some(4_294_967_294), None),
            ("007", Some(7), None),
        ] {
            assert_eq!(resolved(text), Ok((uid, gid)), "{text}");
        }
    }

    #[test]
    fn what_the_image_does_not_know_is_told_with_its_table() {
        for (text, want) in [
            ("nobody", "there is no user 'nobody' in the image's /etc/passwd"),
            ("web.root", "there is no user 'web.root' in the image's /etc/passwd"),
            ("root:admin", "there is no group 'admin' in the image's /etc/group"),
            ("5:", "there is no user 5 in the image's /etc/passwd, and so no login group"),
            ("lost:", "there is no user 9 in the image's /etc/passwd, and so no login group"),
            ("-1", "there is no user '-1' in the image's /etc/passwd"),
        ] {
            assert_eq!(resolved(text), Err(want.to_owned()), "{text}");
        }
        let failure = Failure::from(UnknownOwner::Group("x".into()));
        assert_eq!((failure.exit, failure.code), (Exit::Path, "no_such_group"));
    }

    #[test]
    fn what_is_no_owner_is_refused() {
        for wrong in ["", ":", "::", "a::", "a:b:c", "+", "+x", ":+", "4294967295", "9999999999"] {
            assert!(OwnerSpec::parse(wrong).is_err(), "{wrong}");
        }
    }
}
