//! What an operator can set: flags and `SMART_BALANCER_*` variables, with their defaults and bounds.

use std::{
    net::{SocketAddr, ToSocketAddrs as _},
    path::PathBuf,
};

use app::domain::secret::Secret;
use axum::http::HeaderName;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::gateway::listener::CertificateFiles;
use crate::{
    egress::{EgressPolicy, network::Network},
    seal::KeySource,
};

/// One model id in front of many models: a self-hosted smart balancer.
#[derive(Debug, Parser)]
#[command(name = "smart-balancer", version, about, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the console, the REST API and the data plane.
    Serve(Box<ServeSettings>),
    /// Reset a password, make a set-up link, rotate the master key.
    Admin(AdminSettings),
    /// Check settings, store, master key and configuration; change nothing. Takes the settings of serve.
    ///
    /// Prints every error on a line of its own and then exits with 1; with 0 where there is none, with 2 where the
    /// command line itself cannot be read.
    Check(Box<ServeSettings>),
    /// Write the configuration to standard output as one JSON document without secrets.
    ///
    /// Exits with 0, with 1 where the store cannot be read, with 2 where the command line itself cannot be read.
    Export(Box<ExportSettings>),
    /// Import a document that export wrote, or another gateway's configuration; all of it or nothing.
    ///
    /// Prints every change, then every error. Exits with 0, with 1 where anything is at error (nothing is changed then),
    /// with 2 where the command line itself cannot be read. A server that runs on the same database takes the change
    /// up within two seconds.
    Import(Box<ImportSettings>),
}

/// Where configuration and secrets are kept; the same for every subcommand that touches them.
#[derive(Clone, Debug, Args)]
pub struct StoreSettings {
    /// Folder for the SQLite file and the generated master key; made if absent, readable by its owner only.
    #[arg(long, env = "SMART_BALANCER_DATA_DIR", default_value = "data", value_name = "DIR")]
    pub data_dir: PathBuf,

    /// `sqlite://PATH` or `postgres://…`; by default the file smart-balancer.db in the data folder.
    #[arg(long, env = "SMART_BALANCER_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// File that holds the master key (32 bytes, base64 or hex); by default master.key in the data folder, made at
    /// first start. The variable SMART_BALANCER_MASTER_KEY holds the key itself and wins.
    #[arg(long, env = "SMART_BALANCER_MASTER_KEY_FILE", value_name = "FILE")]
    pub master_key_file: Option<PathBuf>,
}

impl StoreSettings {
    /// The database's address, the default filled in.
    pub fn database_url(&self) -> String {
        self.database_url
            .clone()
            .unwrap_or_else(|| format!("sqlite://{}", self.data_dir.join("smart-balancer.db").display()))
    }

    /// The source of the master key.
    pub fn key_source(&self, secrets: &BootSecrets) -> KeySource {
        KeySource {
            given: secrets.master_key.clone(),
            file: self.master_key_file.clone(),
            data_dir: self.data_dir.clone(),
        }
    }
}

/// Settings of `export`.
#[derive(Clone, Debug, Args)]
pub struct ExportSettings {
    /// Where configuration and secrets are kept.
    #[command(flatten)]
    pub store: StoreSettings,
}

/// Settings of `admin`.
#[derive(Clone, Debug, Args)]
pub struct AdminSettings {
    /// The command.
    #[command(subcommand)]
    pub command: AdminCommand,
}

/// The commands of `admin`.
#[derive(Clone, Debug, Subcommand)]
pub enum AdminCommand {
    /// Remove a person's password, end their sessions, and print a one-time link with which they set a new one.
    ResetPassword {
        /// The user name.
        name: String,
        /// Where the server is.
        #[command(flatten)]
        location: ServerLocation,
    },
    /// Print a new link that makes the first admin, good for 30 minutes; only while there is no admin.
    SetupLink {
        /// Where the server is.
        #[command(flatten)]
        location: ServerLocation,
    },
    /// Seal every stored secret under a new master key, in one transaction. The old key opens nothing afterwards, older
    /// backups of the store aside. A server that runs takes a generated new key over by itself; where the key is yours,
    /// restart it with the new one.
    RotateKey {
        /// Where configuration and secrets are kept.
        #[command(flatten)]
        store: StoreSettings,
        /// File with the new master key (32 bytes, base64 or hex); needed where the present one is not the generated
        /// file in the data folder.
        #[arg(long, value_name = "FILE")]
        new_key_file: Option<PathBuf>,
    },
}

/// Location of the server, for links.
#[derive(Clone, Debug, Args)]
pub struct ServerLocation {
    /// Where configuration and secrets are kept.
    #[command(flatten)]
    pub store: StoreSettings,
    /// Address that people use [default: the one of the server's last start].
    #[arg(long, env = "SMART_BALANCER_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
}

/// What a document to import was written by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ImportFrom {
    /// `smart-balancer export`, or the console.
    #[default]
    SmartBalancer,
    /// LiteLLM: a config.yaml.
    Litellm,
    /// Portkey: a config in JSON.
    Portkey,
}

/// Settings of `import`.
#[derive(Clone, Debug, Args)]
pub struct ImportSettings {
    /// The document; - reads standard input.
    #[arg(value_name = "FILE|-")]
    pub file: PathBuf,

    /// Tell what would change, and change nothing.
    #[arg(long)]
    pub dry_run: bool,

    /// What wrote the document. What of another gateway's configuration does not carry over is told.
    #[arg(long, value_enum, default_value_t, value_name = "PROGRAM")]
    pub from: ImportFrom,

    /// Where configuration and secrets are kept.
    #[command(flatten)]
    pub store: StoreSettings,

    /// Where the server listens: no instance may be the server itself.
    #[arg(long, env = "SMART_BALANCER_LISTEN", default_value = "127.0.0.1:3000", value_name = "ADDRESS", value_parser = listener)]
    pub listen: SocketAddr,

    /// Addresses that instances may have, as serve is told.
    #[arg(long, env = "SMART_BALANCER_EGRESS", default_value = "any", value_name = "POLICY")]
    pub egress: EgressPolicy,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Settings of `serve`.
#[derive(Clone, Debug, Args)]
pub struct ServeSettings {
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, env = "SMART_BALANCER_LISTEN", default_value = "127.0.0.1:3000", value_name = "ADDRESS", value_parser = listener)]
    pub listen: SocketAddr,

    /// Where configuration and secrets are kept.
    #[command(flatten)]
    pub store: StoreSettings,

    /// Certificate chain in PEM form, the server's own first: speak HTTPS instead of HTTP. A renewed one is taken over
    /// within seconds. Wants --tls-key.
    #[arg(long, env = "SMART_BALANCER_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,

    /// Private key of the certificate in PEM form, without a passphrase.
    #[arg(long, env = "SMART_BALANCER_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,

    /// Networks of proxies in front, such as 10.0.0.0/8,fd00::/8: from there, and from nowhere else, X-Forwarded-For and
    /// X-Forwarded-Proto tell who the client is. None by default.
    #[arg(
        long,
        env = "SMART_BALANCER_TRUSTED_PROXIES",
        value_delimiter = ',',
        num_args = 1,
        value_name = "NETWORK,..."
    )]
    pub trusted_proxies: Vec<Network>,

    /// Address that clients use, such as `https://models.example.com`; sample calls show it, and https makes session
    /// cookies Secure. By default the listening address.
    #[arg(long, env = "SMART_BALANCER_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,

    /// Add demo instances that this server answers itself; the first such start also makes an API key.
    #[arg(long, env = "SMART_BALANCER_DEMO")]
    pub demo: bool,

    /// Allow signing in over plain HTTP beyond loopback. Passwords and cookies then travel unprotected.
    #[arg(long, env = "SMART_BALANCER_INSECURE_COOKIES")]
    pub insecure_cookies: bool,

    /// Addresses that instances may have: any, private-only, public-only or allow-list:HOST,*.DOMAIN,NETWORK/BITS.
    /// Link-local, metadata and multicast ones are always refused.
    #[arg(long, env = "SMART_BALANCER_EGRESS", default_value = "any", value_name = "POLICY")]
    pub egress: EgressPolicy,

    /// Largest request body of a call, in bytes.
    #[arg(
        long,
        env = "SMART_BALANCER_MAX_BODY_BYTES",
        default_value_t = 32 * 1024 * 1024,
        value_parser = clap::value_parser!(u64).range(1024..=1024 * 1024 * 1024),
        value_name = "BYTES"
    )]
    pub max_body_bytes: u64,

    /// Bytes that large request bodies of all calls under way may hold together; beyond it calls get 503. Bodies of up to
    /// 64 KiB do not count. Never less than one largest body.
    #[arg(
        long,
        env = "SMART_BALANCER_BODY_BUDGET_BYTES",
        default_value_t = 512 * 1024 * 1024,
        value_parser = clap::value_parser!(u64).range(1024..=1024 * 1024 * 1024 * 1024),
        value_name = "BYTES"
    )]
    pub body_budget_bytes: u64,

    /// Headers by which clients name a conversation, after x-sb-session; the first that a call has counts. An empty value
    /// turns them off.
    #[arg(
        long,
        env = "SMART_BALANCER_SESSION_HEADERS",
        value_delimiter = ',',
        default_value = "x-openwebui-chat-id,x-litellm-session-id,x-session-id,session_id",
        value_parser = header_name,
        value_name = "NAME,..."
    )]
    pub session_headers: Vec<Option<HeaderName>>,

    /// Most client connections at once.
    #[arg(
        long,
        env = "SMART_BALANCER_MAX_CONNECTIONS",
        default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000),
        value_name = "COUNT"
    )]
    pub max_connections: u32,

    /// Seconds that running answers get to finish after SIGTERM.
    #[arg(
        long,
        env = "SMART_BALANCER_DRAIN_SECONDS",
        default_value_t = 120,
        value_parser = clap::value_parser!(u64).range(0..=3600),
        value_name = "SECONDS"
    )]
    pub drain_seconds: u64,

    /// Days that the request log keeps a call; it holds no prompts and no answers. 0 turns the log off and empties it.
    #[arg(
        long,
        env = "SMART_BALANCER_REQUEST_LOG_DAYS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(0..=3650),
        value_name = "DAYS"
    )]
    pub request_log_days: u32,

    /// Calls that the request log keeps at most; the oldest go first.
    #[arg(
        long,
        env = "SMART_BALANCER_REQUEST_LOG_ROWS",
        default_value_t = 1_000_000,
        value_parser = clap::value_parser!(u64).range(1..=100_000_000),
        value_name = "COUNT"
    )]
    pub request_log_rows: u64,

    /// Let everybody read /metrics; otherwise it takes a session or the admin token.
    #[arg(long, env = "SMART_BALANCER_METRICS_OPEN")]
    pub metrics_open: bool,

    /// How log lines look.
    #[arg(long, env = "SMART_BALANCER_LOG_FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,
}

impl ServeSettings {
    /// Where the certificate and its key are; `None` for plain HTTP.
    ///
    /// # Errors
    /// Where one is named without the other, in words for the operator.
    pub fn certificate_files(&self) -> Result<Option<CertificateFiles>, &'static str> {
        match (self.tls_cert.clone(), self.tls_key.clone()) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => Ok(Some(CertificateFiles { certificate, key })),
            (Some(_), None) => Err("--tls-cert wants --tls-key beside it"),
            (None, Some(_)) => Err("--tls-key wants --tls-cert beside it"),
        }
    }
}

/// Secrets that come by environment only, so that no process list shows them.
#[derive(Clone, Debug, Default)]
pub struct BootSecrets {
    /// Password of the first admin, `admin`; read at first start.
    pub admin_password: Option<Secret>,
    /// Admin token for REST, 32 characters or more.
    pub admin_token: Option<Secret>,
    /// The master key itself.
    pub master_key: Option<Secret>,
}

impl BootSecrets {
    /// Reads `SMART_BALANCER_ADMIN_PASSWORD`, `SMART_BALANCER_ADMIN_TOKEN` and `SMART_BALANCER_MASTER_KEY`.
    pub fn from_environment() -> Self {
        let read = |name: &str| std::env::var(name).ok().filter(|it| !it.is_empty()).map(Secret::new);
        Self {
            admin_password: read("SMART_BALANCER_ADMIN_PASSWORD"),
            admin_token: read("SMART_BALANCER_ADMIN_TOKEN"),
            master_key: read("SMART_BALANCER_MASTER_KEY"),
        }
    }
}

/// The name of a header; nothing for an empty one.
fn header_name(text: &str) -> Result<Option<HeaderName>, String> {
    let name = text.trim();
    if name.is_empty() {
        return Ok(None);
    }
    name.parse().map(Some).map_err(|_| format!("`{name}` is not a header name"))
}

/// An address to listen on: an IP or a name such as `localhost`, and a port. Of a name's addresses the first of IPv4 is
/// taken, or else the first.
fn listener(text: &str) -> Result<SocketAddr, String> {
    let wanted = || "expected an address and a port, such as 127.0.0.1:3000 or localhost:3000".to_owned();
    let found: Vec<_> = text.to_socket_addrs().map_err(|_| wanted())?.collect();
    found.iter().find(|it| it.is_ipv4()).or(found.first()).copied().ok_or_else(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_is_an_address_or_a_name_with_a_port() {
        let parsed = |text: &str| listener(text).map(|it| it.to_string());
        assert_eq!(parsed("localhost:80").as_deref(), Ok("127.0.0.1:80"));
        assert_eq!(parsed("[::1]:80").as_deref(), Ok("[::1]:80"));
        assert_eq!(parsed("0.0.0.0:0").as_deref(), Ok("0.0.0.0:0"));
        for bad in ["localhost", ":", "3000", "127.0.0.1:99999"] {
            assert!(parsed(bad).is_err_and(|it| it.contains("localhost:3000")), "{bad}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn the_default_store_is_a_file_in_the_data_folder() {
        let settings =
            StoreSettings { data_dir: "/var/sb".into(), database_url: None, master_key_file: None };
        assert_eq!(settings.database_url(), "sqlite:///var/sb/smart-balancer.db");
    }
}
