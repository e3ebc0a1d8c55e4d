//! nginx as a plain reverse proxy: keep-alive on both sides, nothing on disk but its log, streams without buffering.

use std::{net::SocketAddr, path::Path, process::Command};

use super::quiet::processors;

/// Where the program is. Debian's folder is not in everybody's path.
pub(crate) fn program() -> &'static str {
    ["/usr/sbin/nginx", "/usr/bin/nginx"].into_iter().find(|it| Path::new(it).exists()).unwrap_or("nginx")
}

/// What it calls its version.
pub(crate) fn version() -> String {
    let output = Command::new(program()).arg("-v").output();
    let text = output.map(|it| String::from_utf8_lossy(&it.stderr).into_owned()).unwrap_or_default();
    text.trim().trim_start_matches("nginx version: ").to_owned()
}

/// A configuration with one process for each processor, as this server has one serving thread for each.
pub(crate) fn configuration(home: &Path, address: SocketAddr, upstream: SocketAddr, has_log: bool) -> String {
    let home = home.display();
    // Started by root, its processes would become another user, who may not write here.
    let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
    let log =
        if has_log { format!("access_log {home}/access.log calls") } else { "access_log off".to_owned() };
    format!(
        r#"daemon off; worker_processes {processes}; {user} pid {home}/pid; error_log {home}/error.log;
        events {{ worker_connections 8192; }}
        http {{
            log_format calls escape=json '{{"time":"$time_iso8601","client":"$remote_addr","method":"$request_method",'
                '"uri":"$request_uri","status":$status,"bytes":$body_bytes_sent,"seconds":$request_time,'
                '"upstream":"$upstream_addr","upstream_status":"$upstream_status",'
                '"upstream_seconds":"$upstream_response_time","request_id":"$request_id",'
                '"user_agent":"$http_user_agent"}}';
            {log};
            keepalive_requests 1000000000; client_max_body_size 32m; client_body_buffer_size 8m;
            client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fastcgi;
            uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
            upstream models {{
                server {upstream}; keepalive 1024; keepalive_requests 1000000000; keepalive_timeout 600s;
            }}
            server {{
                listen {address} reuseport backlog=4096;
                location / {{
                    proxy_pass http://models; proxy_http_version 1.1; proxy_set_header Connection "";
                    proxy_buffering off; proxy_buffer_size 16k; proxy_buffers 8 16k;
                }}
            }}
        }}"#,
        processes = processors()
    )
}
