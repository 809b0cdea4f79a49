//! The program `varanto`.

use std::process::ExitCode;

/// Requests allocate many small things on several threads, which this allocator is made for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    varanto_server::cli::run()
}
