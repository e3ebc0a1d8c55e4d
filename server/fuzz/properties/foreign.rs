//! Other gateways' configurations: whatever is in them, reading ends soon, says the same each time within its bounds,
//! leaves a document that can be imported as it is, and gives no key to an address that its entry does not name.

use app::domain::config::{
    configuration::Configuration,
    import_format::{ImportFormat, UnsupportedSetting},
    transfer,
};
use serde_json::{Value, json};
use server::{
    egress::{EgressRules, check_url},
    import::{Conversion, convert},
};

/// Checks one text as each of them, and files that its bytes choose.
pub(crate) fn holds(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for from in ImportFormat::ALL {
        judge(from, &text);
    }
    chosen(ImportFormat::Litellm, bytes);
    chosen(ImportFormat::Portkey, bytes);
}

fn judge(from: ImportFormat, text: &str) -> Option<Conversion> {
    let (Ok(one), Ok(other)) = (convert(from, text), convert(from, text)) else { return None };
    assert_eq!((&one.document, &one.left), (&other.document, &other.left));
    assert!(one.left.len() <= 501 && one.left.iter().all(is_told_well), "{:?}", one.left);

    let import = transfer::import(&Configuration::default(), &one.document, &[]);
    assert_eq!(import.report.errors, [], "one entry refuses the file: {:#}", one.document);
    let mut again = transfer::import(&import.after, &one.document, &[]);
    again.drop_known_secrets(&import.after, |_, _, _| true);
    assert_eq!(again.items, [], "a second import changes something");

    for instance in instances(&one) {
        let address = instance["base_url"].as_str().unwrap_or_default();
        assert!(check_url(address, &EgressRules::default()).is_ok(), "{address}");
        for value in [&instance["base_url"], &instance["api_key"], &instance["model"]] {
            let value = value.as_str().unwrap_or_default();
            let reference = ["os.environ/", "${", "{{", "file://"].iter().any(|it| value.contains(it));
            assert!(!reference, "{instance}");
        }
        assert!(!instance["model"].as_str().is_some_and(|it| it.contains('*')), "{instance}");
    }
    Some(one)
}

fn is_told_well(left: &UnsupportedSetting) -> bool {
    left.words.ends_with('.') && left.words.len() < 300 && left.path.len() < 1_000
}

fn instances(converted: &Conversion) -> impl Iterator<Item = &Value> {
    converted.document["instances"].as_array().into_iter().flatten()
}

/// Prefixes, and the address that each names.
const PREFIXES: [(&str, &str); 12] = [
    ("openai/", "https://api.openai.com/v1"),
    ("groq/", "https://api.groq.com/openai/v1"),
    ("anthropic/", "https://api.anthropic.com/v1"),
    ("hosted_vllm/", ""),
    ("ollama/", ""),
    ("gpt-", "https://api.openai.com/v1"),
    ("text-embedding-", "https://api.openai.com/v1"),
    ("claude-", ""),
    ("gemini-", ""),
    ("qwen-", ""),
    ("azure/", ""),
    ("acme/", ""),
];
const PROVIDERS: [(&str, &str); 6] = [
    ("openai", "https://api.openai.com/v1"),
    ("groq", "https://api.groq.com/openai/v1"),
    ("ollama", ""),
    ("azure-openai", ""),
    ("@openai-prod", ""),
    ("", ""),
];
const ADDRESS_FIELDS: [&str; 6] = ["api_base", "base_url", "custom_host", "customHost", "url", "API_BASE"];
const UNUSABLE: [&str; 8] = [
    "os.environ/URL",
    "${URL}",
    "http://{{ host }}/v1",
    "http://$HOST/v1",
    "<REPLACE_ME>",
    "",
    "http://169.254.169.254/v1",
    "http://[fd20:ce::254]/v1",
];

/// Builds a file of entries with a key each, as the bytes choose, and looks where the keys are.
fn chosen(from: ImportFormat, bytes: &[u8]) {
    let (mut entries, mut allowed) = (Vec::new(), Vec::new());
    for (place, choice) in bytes.chunks(3).take(16).enumerate() {
        let [kind, field, address] =
            [0, 1, 2].map(|it| usize::from(choice.get(it).copied().unwrap_or_default()));
        let key = format!("canary-{place}-end");
        let literal = format!("http://10.0.0.{place}:8000/v1");
        let (fields, served) = match from {
            ImportFormat::Litellm => (&ADDRESS_FIELDS[..2], PREFIXES[kind % PREFIXES.len()]),
            ImportFormat::Portkey => (&ADDRESS_FIELDS[2..4], PROVIDERS[kind % PROVIDERS.len()]),
        };
        let field = ADDRESS_FIELDS[field % ADDRESS_FIELDS.len()];
        let mut entry = json!({ "api_key": key });
        match from {
            ImportFormat::Litellm => entry["model"] = json!(format!("{}m{place}", served.0)),
            ImportFormat::Portkey if served.0.is_empty() => {}
            ImportFormat::Portkey => entry["provider"] = json!(served.0),
        }
        let own = match address % 4 {
            0 => None,
            1 | 2 => Some(literal.as_str()),
            _ => Some(UNUSABLE[address / 4 % UNUSABLE.len()]),
        };
        if let Some(own) = own {
            entry[field] = json!(own);
        }
        // Under another name an address is either not read or not taken for none.
        let at = match own {
            None => Some(served.1),
            Some(own) if own == literal && fields.contains(&field) => Some(own),
            Some(_) => None,
        };
        allowed.push((key, at.unwrap_or_default().to_owned()));
        entries.push(entry);
    }
    let named =
        |(place, it): (usize, &Value)| json!({ "model_name": format!("m{place}"), "litellm_params": it });
    let file = match from {
        ImportFormat::Litellm => {
            json!({ "model_list": entries.iter().enumerate().map(named).collect::<Vec<_>>() })
        }
        ImportFormat::Portkey => json!({ "strategy": { "mode": "fallback" }, "targets": entries }),
    };
    let Some(converted) = judge(from, &file.to_string()) else { panic!("{file} cannot be read") };
    for instance in instances(&converted) {
        let Some(key) = instance["api_key"].as_str() else { continue };
        let at = allowed.iter().find(|it| it.0 == key).map(|it| it.1.as_str());
        assert!(at.is_some_and(|it| !it.is_empty() && it == instance["base_url"]), "{instance} of {file}");
    }
    assert!(!format!("{:?}", converted.left).contains("canary"));
}
