//! The program `varanto`.

use std::process::ExitCode;

fn main() -> ExitCode {
    varanto_server::cli::run()
}
