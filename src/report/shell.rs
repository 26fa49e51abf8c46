//! Words for a POSIX shell.

/// A word that the shell reads as `text`, in quotes only if it needs them; always one line.
pub(crate) fn word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./,:=@%+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// `text` in quotes, on one line whatever it holds.
pub(crate) fn quoted(text: &str) -> String {
    if !text.chars().any(char::is_control) {
        return format!("'{}'", text.replace('\'', "'\\''"));
    }
    let escape = |c: char| match c {
        '\'' => "\\'".to_owned(),
        '\\' => "\\\\".to_owned(),
        c if c.is_control() => {
            let mut bytes = [0; 4];
            c.encode_utf8(&mut bytes)
                .bytes()
                .map(|byte| format!("\\{byte:03o}"))
                .collect()
        }
        c => c.to_string(),
    };
    // The form that bash, zsh, ksh and POSIX 2024 know.
    format!("$'{}'", text.chars().map(escape).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_what_was_written() {
        for text in [
            "plain.toml",
            "a b",
            "a;b$(id).toml",
            "it's",
            "",
            "two\nlines",
            "tab\t'\\",
            "`x`",
            "seed=9",
            "é !",
        ] {
            for written in [word(text), quoted(text)] {
                assert!(!written.contains('\n'), "{written}");
                let script = format!("printf %s {written}");
                let output = std::process::Command::new("bash")
                    .args(["-c", &script])
                    .output()
                    .expect("a shell");
                assert_eq!(String::from_utf8_lossy(&output.stdout), text, "{written}");
            }
        }
    }
}
