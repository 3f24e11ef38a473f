//! What a failure of Postgres means for whoever would try again.

/// The three answers to "and now?".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The connection or the server is gone; whether the statement committed is unknown. Connect anew, try again.
    Away,
    /// Postgres undid the statement because of others. Try again on the same connection.
    Again,
    /// It will fail the same way next time.
    Lasting,
}

impl Fault {
    pub(super) fn of(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => {
                Self::Away
            }
            sqlx::Error::Database(error) => error.code().map_or(Self::Lasting, |code| Self::of_sqlstate(&code)),
            _ => Self::Lasting,
        }
    }

    fn of_sqlstate(code: &str) -> Self {
        match code {
            "57P01" | "57P02" | "57P03" | "25006" => Self::Away,
            "40P01" | "40001" | "55P03" | "57014" | "23505" => Self::Again,
            _ if code.starts_with("08") || code.starts_with("53") => Self::Away,
            _ => Self::Lasting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Fault;

    #[test]
    fn sqlstates_say_what_to_do() {
        for (code, fault) in [
            ("57P01", Fault::Away),  // terminated by an administrator
            ("08006", Fault::Away),  // connection failure
            ("53300", Fault::Away),  // too many connections
            ("25006", Fault::Away),  // a standby: not the server to write to
            ("40P01", Fault::Again), // deadlock
            ("55P03", Fault::Again), // lock not available
            ("23505", Fault::Again), // unique violation
            ("22P02", Fault::Lasting),
            ("42P01", Fault::Lasting),
        ] {
            assert_eq!(Fault::of_sqlstate(code), fault, "{code}");
        }
    }
}
