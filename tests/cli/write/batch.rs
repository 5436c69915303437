//! Scripts: all that they say is done, or nothing.

use std::os::unix::ffi::OsStrExt;

use super::{Subject, feed};
use crate::support::{command, process};

#[test]
fn every_command_is_a_line() {
    let subject = Subject::new();
    let source = subject.source("my source", b"content\n");
    let script = format!(
        "# a small system\n\
         mkdir -p -m 700 /etc/app /dev\n\
         put --mode 600 /etc/app/conf '{source}'   # quoted\n\
         put \"/etc/two words\" \\\n  '{source}'\n\
         ln -s 'two words' /etc/link\n\
         ln /etc/app/conf /etc/hard\n\
         mknod -m 666 /dev/null c 1 3\n\
         mv /etc/hard /etc/harder\n\
         chmod -x /dev\n\
         chown -R 5:6 /etc/app\n\
         touch -d @86400 /etc/empty\n\
         truncate -s 2K /etc/zeros\n\
         xattr set /etc/empty user.note 'a b'\n\
         xattr set /etc/empty user.gone=x\n\
         xattr rm /etc/empty user.gone\n\
         put /etc/gone '{source}'\n\
         rm /etc/gone\n"
    );
    let file = subject.source("script", script.as_bytes());
    subject.ok(&["batch", "IMG", &file]);
    let mut names = subject.names("/etc");
    names.sort();
    assert_eq!(names, ["app", "empty", "harder", "link", "two words", "zeros"]);
    assert_eq!(subject.cat("/etc/harder"), b"content\n");
    let stat = subject.stat("/etc/app/conf");
    assert_eq!((stat.mode(), stat.owner(), stat.number("Links")), ("0600", (5, 6), 2));
    assert_eq!((subject.stat("/dev").mode(), subject.stat("/dev/null").mode()), ("0600", "0666"));
    assert_eq!(subject.stat("/etc/empty").seconds("mtime"), 86_400);
    assert!(subject.stat("/etc/empty").text.contains("user.note (3) = \"a b\""));
    assert_eq!(subject.ok(&["readlink", "IMG", "/etc/link"]), "two words\n");
}

#[test]
fn options_may_stand_between_paths_and_behind_them() {
    let subject = Subject::new();
    let script = "mkdir /a -m 700 /b\nmv /a -n /c\ntouch /f -d @5 /g\nchmod -R 755 /b /f\n\
                  mv /f /g -f /b\nln /b/f -s /b/l\ntruncate /b/f -s 3 /b/g\nchown 1 /b -R /c\n";
    subject.ok_with(&["batch", "IMG"], script.as_bytes());
    subject.ok(&["mv", "IMG", "/b/f", "--no-sync", "/c", "-f", "--force"]);
    let mut names = subject.names("/b");
    names.sort();
    assert_eq!((names, subject.names("/c")), (vec!["g".into(), "l".into()], vec!["f".to_owned()]));
    assert_eq!(subject.stat("/c/f").mode(), "0755");
}

#[test]
fn what_a_line_made_the_next_one_sees() {
    let subject = Subject::new();
    let passwd = subject.source("passwd", b"root:x:0:0::/:\nweb:x:33:35::/:\n");
    let script = format!(
        "mkdir /etc\nput /etc/passwd {passwd}\nchown web: /etc\nput /f {passwd}\nput --append /f {passwd}\n\
         truncate -s 20 /f\nmv /f /g\nln -s g /f\nput /f {passwd}\nput --at=2 /f {passwd}\n"
    );
    subject.ok_with(&["batch", "IMG"], script.as_bytes());
    assert_eq!(subject.stat("/etc").owner(), (33, 35));
    assert_eq!(subject.cat("/g"), b"roroot:x:0:0::/:\nweb:x:33:35::/:\n");
}

#[test]
fn the_first_error_ends_the_script_with_its_line_and_nothing_has_changed() {
    let subject = Subject::new();
    subject.image.edit(&["mkdir /d"]);
    for (script, code, line) in [
        (
            "mkdir /a\n\n# remark\nrm /none /d\nmkdir /b\n",
            1,
            "IMG:/none: line 4: no such file or directory\nmpimg: IMG:/d: line 4: is a directory",
        ),
        (
            "mkdir /a\nput /f /no/such/source\n",
            1,
            "IMG:/f: line 2: cannot open \"/no/such/source\": No such file or directory (os error 2)",
        ),
        ("mkdir /a\nmkdirs /b\n", 2, "IMG: line 2: unrecognized subcommand 'mkdirs'"),
        ("mkdir /a\nmkdir \\\n  -q /b\n", 2, "IMG: line 2: unexpected argument '-q' found"),
        ("mkdir /a\ncat /a\n", 2, "IMG: line 2: unrecognized subcommand 'cat'"),
        ("mkdir /a\nxattr ls /a\n", 2, "IMG: line 2: unrecognized subcommand 'ls'"),
        ("mkdir /a\nmkdir 'b\n", 2, "IMG: line 2: the ' that begins here has no end"),
        ("mkdir /a\nput /f -\n", 2, "IMG:/f: line 2: standard input is read already"),
        ("mkdir /a\nput /f\n", 2, "IMG:/f: line 2: standard input is read already"),
        ("mkdir /a\nmknod /x c 1\n", 2, "IMG: line 2: a device has a MAJOR and a MINOR number"),
        ("mkdir /a\nmkdir --dry-run /b\n", 2, "IMG: line 2: unexpected argument '--dry-run' found"),
    ] {
        subject.refused_with(&["batch", "IMG"], script.as_bytes(), code, &format!("mpimg: {line}"));
    }
    let ran = subject.feed(&["batch", "--json", "IMG"], b"mkdir /a\nrm /none\n");
    let error = command::error(&ran);
    assert_eq!(
        (error["code"].as_str(), error["path"].as_str()),
        (Some("not_found"), Some("/none"))
    );
    assert_eq!(error["reason"], "line 2: no such file or directory");
    let line = "mpimg: IMG: cannot open /no/such/script: No such file or directory (os error 2)";
    subject.refused(&["batch", "IMG", "/no/such/script"], 1, line);
}

#[test]
fn standard_input_can_be_put_where_the_script_is_a_file_but_only_once() {
    let subject = Subject::new();
    let once = subject.source("once", b"put /f -\n");
    subject.ok_with(&["batch", "IMG", &once], b"content\n");
    assert_eq!(subject.cat("/f"), b"content\n");
    let twice = subject.source("twice", b"put /g -\nput /h\n");
    let line = "mpimg: IMG:/h: line 2: standard input is read already";
    subject.refused_with(&["batch", "IMG", &twice], b"content\n", 2, line);
}

#[test]
fn words_may_be_separated_by_nul() {
    let subject = Subject::new();
    let source = subject.source("source", b"x");
    let name = b"/ 'odd'\n\xff # \\";
    let mut script = b"mkdir\0/d\0\0".to_vec();
    for word in [b"put", &name[..], source.as_bytes(), b""] {
        script.extend(word);
        script.push(0);
    }
    let mut batch = process::command();
    let ran = feed(batch.args(["batch", "-0", &subject.path()]), &script);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    subject.image.fsck();
    assert_eq!(command::ok(&["cat"], subject.image.path(), &[name]), b"x");
    assert_eq!(subject.names("/").len(), 2);
    let line = "mpimg: IMG:/none: command 2: no such file or directory";
    subject.refused_with(&["batch", "-0", "IMG"], b"mkdir\0/e\0\0rm\0/none\0\0", 1, line);
    assert!(std::ffi::OsStr::from_bytes(name).to_str().is_none());
}

#[test]
fn a_dry_run_tells_every_change_and_makes_none() {
    let subject = Subject::new();
    subject.image.write_bytes("/f", b"old");
    let source = subject.source("s", b"new\n");
    let script = format!(
        "mkdir -p /a/b\nput /a/new {source}\nput /f {source}\nput -n /f {source}\nmv /f /a\nln -s x /l\n\
         chmod 640 /a/f\nchown 1:2 /a/f\ntouch /a/f\ntruncate -s 1 /a/f\nmknod /p p\n\
         xattr set /a/f user.a b\nxattr rm /a/f user.a\nrm -r /a\n"
    );
    let before = subject.image.bytes();
    let ran = subject.feed(&["batch", "--dry-run", "IMG"], script.as_bytes());
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let told = "\
create /a (directory)
create /a/b (directory)
create /a/new (4 bytes)
replace /f (4 bytes)
skip /f (it is there)
move /f (to /a/f)
create /l (symbolic link to x)
chmod /a/f (0600 to 0640)
chown /a/f (0:0 to 1:2)
touch /a/f
truncate /a/f (4 to 1 bytes)
create /p (fifo)
set attribute /a/f (user.a, 1 bytes)
remove attribute /a/f (user.a)
remove /a
";
    assert_eq!(ran.text(), told);
    let ran = subject.feed(&["batch", "--dry-run", "--json", "IMG"], script.as_bytes());
    let lines = command::lines(&ran.stdout);
    assert_eq!(lines.len(), told.lines().count());
    assert_eq!(
        lines[2],
        serde_json::json!({"change": "create", "path": "/a/new", "detail": "4 bytes"})
    );
    assert_eq!(
        lines[8],
        serde_json::json!({"change": "chown", "path": "/a/f", "detail": "0:0 to 1:2"})
    );
    assert!(subject.image.bytes() == before && !subject.log().exists());
}
