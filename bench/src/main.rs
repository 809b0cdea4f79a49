//! Measures the archive beside the bare engine, in the same run, on the same documents.
//!
//! `cargo run --release -p varanto-bench` prints, for 1, 16 and 64 callers, how many documents a
//! second are archived, opened and listed, with p50, p99 and p99.9, the CPU each costs, and how the
//! archive's rate stands to that of the bare engine: SQLite with the same group commit, storing the
//! same bytes with two index rows and an audit row, and nothing else. `postgres` does the same on a PostgreSQL
//! of its own, where each caller of the bare engine has a connection and a transaction for each document.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures for people, of numbers far under any limit"
)]

mod archive;
mod bare;
mod bare_postgres;
mod decisions;
mod https;
mod load;
mod measure;
mod national;
mod world;

use clap::{Parser, Subcommand};

/// As in the program that is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(about = "Measures the archive beside the bare engine")]
struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Archive, open and list through the operations, beside the bare engine.
    Operations(Sizes),
    /// The same on PostgreSQL, beside bare PostgreSQL; it starts a server of its own.
    Postgres(Sizes),
    /// The same over HTTPS with mutual TLS, against a server process of its own.
    Https(HttpsSizes),
    /// Work that comes at a pace of its own, over HTTPS: latencies from the moment at which it was due.
    Load(load::LoadOptions),
    /// Verify and archive signed national messages, and where the time of one goes.
    National(Sizes),
    /// What a decision costs, alone and hit by hit in the list of a client with 500 documents.
    Decisions(DecisionSizes),
    /// Load a large store, then list and open in it: how the time grows with the size.
    Growth(GrowthSizes),
}

#[derive(clap::Args, Clone)]
struct Sizes {
    /// Documents archived at each number of callers.
    #[arg(long, default_value_t = 12_000)]
    documents: u64,
    /// Numbers of callers.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64])]
    callers: Vec<usize>,
    /// The folder to work in; a temporary one by default.
    #[arg(long)]
    dir: Option<std::path::PathBuf>,
}

#[derive(clap::Args)]
struct HttpsSizes {
    #[command(flatten)]
    sizes: Sizes,
    /// The server program.
    #[arg(long, default_value = "target/release/varanto")]
    program: std::path::PathBuf,
}

#[derive(clap::Args)]
struct GrowthSizes {
    /// Store sizes, in documents, smallest first; each continues the one before.
    #[arg(long, value_delimiter = ',', default_values_t = [10_000, 100_000, 1_000_000])]
    documents: Vec<u64>,
    /// Looks at each size.
    #[arg(long, default_value_t = 4_000)]
    looks: u64,
    /// The folder to work in; a temporary one by default.
    #[arg(long)]
    dir: Option<std::path::PathBuf>,
}

#[derive(clap::Args)]
struct DecisionSizes {
    /// Documents in the store.
    #[arg(long, default_value_t = 1_000_000)]
    documents: u64,
    /// Lists for each caller.
    #[arg(long, default_value_t = 4_000)]
    looks: u64,
    /// The folder to work in; a temporary one by default. A store of a run before is taken as it is.
    #[arg(long)]
    dir: Option<std::path::PathBuf>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    match Options::parse().what {
        What::Operations(sizes) => archive::operations(&sizes),
        What::Postgres(sizes) => archive::on_postgres(&sizes),
        What::Https(sizes) => https::run_all(&sizes),
        What::Load(options) => load::open_load(&options),
        What::Decisions(sizes) => {
            decisions::decisions(sizes.documents, sizes.looks, sizes.dir.as_deref())
        }
        What::National(sizes) => national::national(&sizes),
        What::Growth(sizes) => archive::growth(&sizes.documents, sizes.looks, sizes.dir.as_deref()),
    }
}
