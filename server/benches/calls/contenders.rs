//! What is compared: nginx without and with an access log, the bare upstream, and this server in one or more builds.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use super::{
    cases::{Case, Mode, Variant},
    load::Target,
    nginx,
    process::Process,
    setup,
};

/// A build of this server.
#[derive(Clone, Debug)]
pub(crate) struct Build {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

/// What a contender is compared as.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Role {
    /// The upstream itself, without a proxy.
    Bare,
    Nginx,
    /// nginx with an access log in JSON.
    NginxWithLog,
    Measured,
}

/// A running contender.
pub(crate) struct Contender {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) target: Target,
    /// `None` for the upstream, which is a thread of the bench.
    pub(crate) process: Option<Process>,
    _folder: TempDir,
}

/// Starts all contenders of a case.
pub(crate) async fn start(
    case: &Case,
    builds: &[Build],
    upstream: SocketAddr,
    alone: bool,
) -> Vec<Contender> {
    let mut all = if alone {
        Vec::new()
    } else {
        vec![
            bare(case, upstream),
            with_nginx(case, upstream, Role::Nginx),
            with_nginx(case, upstream, Role::NginxWithLog),
        ]
    };
    for build in builds {
        for variant in case.variants {
            all.push(measured(case, build, variant, upstream).await);
        }
    }
    all
}

/// The part of the path behind the first segment, or behind the origin of this server.
fn api_path(case: &Case) -> &'static str {
    if case.question.embeddings { "/v1/embeddings" } else { "/v1/chat/completions" }
}

fn bare(case: &Case, upstream: SocketAddr) -> Contender {
    let target = Target {
        address: upstream,
        path: format!("/{}{}", case.answer.segment(), api_path(case)),
        headers: "authorization: Bearer sb-nobody-looks-at-this-key-here\r\n".to_owned(),
        reason: None,
    };
    let folder = tempfile::tempdir().unwrap();
    Contender { name: "upstream".to_owned(), role: Role::Bare, target, process: None, _folder: folder }
}

fn with_nginx(case: &Case, upstream: SocketAddr, role: Role) -> Contender {
    let (address, folder) = (free(), tempfile::tempdir().unwrap());
    let file = folder.path().join("nginx.conf");
    let configuration = nginx::configuration(folder.path(), address, upstream, role == Role::NginxWithLog);
    fs::write(&file, configuration).unwrap();
    let mut command = Command::new(nginx::program());
    command.arg("-c").arg(&file).arg("-p").arg(folder.path());
    let name = if role == Role::Nginx { "nginx" } else { "nginx + log" };
    let process = Process::start(name, &mut command, address);
    let target = Target { address, ..bare(case, upstream).target };
    Contender { name: name.to_owned(), role, target, process: Some(process), _folder: folder }
}

/// This server as it is started without settings: SQLite, keys, request log and metrics on.
async fn measured(case: &Case, build: &Build, variant: &Variant, upstream: SocketAddr) -> Contender {
    let (address, folder) = (free(), tempfile::tempdir().unwrap());
    let mut command = Command::new(&build.path);
    command.args(["serve", "--listen", &address.to_string(), "--data-dir"]).arg(folder.path().join("data"));
    command.env("SMART_BALANCER_ADMIN_TOKEN", setup::ADMIN_TOKEN).env("SMART_BALANCER_LOG", "warn");
    let process = Process::start(&build.name, &mut command, address);
    let key = setup::configure(address, upstream, case, variant).await;
    let reason = match variant.mode {
        Mode::Ordered => None,
        Mode::Classified { reason, .. } => Some(reason),
    };
    let headers = format!("authorization: Bearer {key}\r\n");
    let target = Target { address, path: api_path(case).to_owned(), headers, reason };
    let name = if variant.name.is_empty() {
        build.name.clone()
    } else {
        format!("{}, {}", build.name, variant.name)
    };
    Contender { name, role: Role::Measured, target, process: Some(process), _folder: folder }
}

/// Checks that a build is there before anything is measured.
pub(crate) fn check(build: &Build) {
    assert!(Path::new(&build.path).is_file(), "{}: there is no file {}", build.name, build.path.display());
}

/// A free loopback address.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
