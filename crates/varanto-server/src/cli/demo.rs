//! `varanto demo`: a synthetic county to look at and to try against.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use varanto_kit::county::CountySize;

use super::output::Progress;
use super::{Failure, serve};
use crate::config::Log;
use crate::demo::{Demo, Wish};
use crate::{running, server};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The directory that holds everything; going on in it later makes the same county.
    #[arg(long, default_value = "varanto-demo", value_name = "DIR")]
    dir: PathBuf,
    /// The port; 0 for any that is free.
    #[arg(long, default_value_t = 8443)]
    port: u16,
    /// How many clients a new county has.
    #[arg(long, default_value_t = CountySize::DEMONSTRATION.clients)]
    clients: u32,
    /// How many documents the clients of a new county have together.
    #[arg(long, default_value_t = CountySize::DEMONSTRATION.documents)]
    documents: u64,
}

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    running::start_log(&Log { filter: "warn".into(), ..Log::default() });
    let size = CountySize { clients: options.clients, documents: options.documents };
    let wish = Wish { directory: options.dir.clone(), port: options.port, size };
    serve::runtime()?.block_on(async {
        let mut demo = Demo::open(&wish)?;
        greet(&demo);
        if demo.size != size {
            println!("{}", other_size(&wish, demo.size));
        }
        tokio::select! {
            () = server::told_to_end() => {}
            done = follow(&mut demo) => {
                done?;
                server::told_to_end().await;
            }
        }
        demo.end().await;
        Ok(())
    })
}

fn greet(demo: &Demo) {
    let file = &demo.file;
    println!("Varanto's demonstration is open at {}", file.base);
    println!("  pages        {}/  {}/api/", file.base, file.base);
    println!("  authority    {}", file.ca.display());
    for system in &file.systems {
        println!("  system       {}  {}", system.system, system.certificate.display());
    }
    for one in &file.users {
        println!("  user         {}  {}, {}", one.user.id, one.user.title, one.user.unit_name);
    }
    println!("  old data     {}  batches for the archivist's desk", demo.batches().display());
    println!("Try:");
    for command in &file.commands {
        println!("  {command}");
    }
    println!("End with Ctrl-C.");
}

/// That a county is there already, and is not made as large as was asked.
fn other_size(wish: &Wish, size: CountySize) -> String {
    format!(
        "The county in {} was made with {} clients and {} documents, and stays so. For {} and {} name another --dir.",
        wish.directory.display(),
        size.clients,
        size.documents,
        wish.size.clients,
        wish.size.documents
    )
}

/// Shows how the making goes on, and writes down when it is done.
async fn follow(demo: &mut Demo) -> Result<(), Failure> {
    if demo.file.complete {
        return Ok(());
    }
    let mut progress = Progress::new("making documents", demo.file.documents);
    while !demo.making.ended() {
        progress.at(demo.making.made(), demo.file.documents);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    progress.end();
    let waiting = demo.making.waiting();
    if waiting > 0 {
        eprintln!(
            "{waiting} documents of producers wait for the right to use the county's register"
        );
    }
    let refused = demo.making.refused();
    for line in refused.iter().take(10) {
        eprintln!("refused: {line}");
    }
    if !refused.is_empty() {
        eprintln!("{} documents were refused", refused.len());
    }
    Ok(demo.complete()?)
}
