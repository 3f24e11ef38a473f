//! The program: everything is in `cli`.

use std::process::ExitCode;

#[actix_web::main]
async fn main() -> ExitCode {
    match dispatch_hub::cli::run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "logging may not have started")]
fn complain(error: &anyhow::Error) {
    eprintln!("dispatch-hub: {error:#}");
}
