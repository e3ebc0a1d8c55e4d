//! The command line of the bench.

use std::{path::PathBuf, time::Duration};

use clap::Parser;

use super::{
    cases::{CASES, Case},
    contenders::Build,
};

/// Compare this server with nginx and with the bare upstream, in one run.
#[derive(Debug, Parser)]
#[command(name = "make bench ARGS=…", no_binary_name = false)]
pub(crate) struct Options {
    /// Cases to run; all by default.
    cases: Vec<String>,
    /// List the cases.
    #[arg(long)]
    pub(crate) list: bool,
    /// A build of this server with its absolute path, such as `old=/tmp/smart-balancer`; repeatable, to compare several.
    #[arg(long = "bin", value_name = "NAME=PATH", value_parser = build)]
    builds: Vec<Build>,
    /// Only this server, without nginx and the bare upstream to compare with.
    #[arg(long)]
    pub(crate) alone: bool,
    /// Rounds that count; the medians over them are reported.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) rounds: u16,
    /// Seconds that the run may wait for a quiet machine, all cases together.
    #[arg(long, default_value_t = 120)]
    patience: u64,
    /// Absolute path of a file for the figures as JSON; by default `bench.json` in the target folder.
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
    /// Given by Cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    /// The chosen cases in their usual order, or the sentence that names an unknown one.
    pub(crate) fn cases(&self) -> Result<Vec<Case>, String> {
        if let Some(unknown) = self.cases.iter().find(|name| CASES.iter().all(|it| it.name != **name)) {
            let known = CASES.map(|it| it.name).join(", ");
            return Err(format!("There is no case {unknown}. Choose from: {known}."));
        }
        let is_chosen = |it: &Case| self.cases.is_empty() || self.cases.iter().any(|name| it.name == name);
        Ok(CASES.into_iter().filter(is_chosen).collect())
    }

    /// The builds to measure: the given ones, else the one in `SMART_BALANCER_BIN`, else the one that Cargo has built.
    pub(crate) fn builds(&self) -> Vec<Build> {
        if !self.builds.is_empty() {
            return self.builds.clone();
        }
        let path = std::env::var_os("SMART_BALANCER_BIN").map(PathBuf::from);
        let path = path.unwrap_or_else(|| env!("CARGO_BIN_EXE_smart-balancer").into());
        vec![Build { name: "smart-balancer".to_owned(), path }]
    }

    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(self.patience)
    }

    /// Where the figures go.
    pub(crate) fn json(&self) -> PathBuf {
        let usual = concat!(env!("CARGO_MANIFEST_DIR"), "/../target");
        let target = || std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| usual.into(), PathBuf::from);
        self.json.clone().unwrap_or_else(|| target().join("bench.json"))
    }
}

fn build(text: &str) -> Result<Build, String> {
    match text.split_once('=') {
        Some((name, path)) if !name.is_empty() && !path.is_empty() => {
            Ok(Build { name: name.to_owned(), path: path.into() })
        }
        _ => Err("expected NAME=PATH".to_owned()),
    }
}
