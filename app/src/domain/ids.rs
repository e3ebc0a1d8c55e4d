//! Object ids and slugs. An id is opaque; its prefix is only a help for people.

mod request_id;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::limits::SLUG_CHARS;

pub use request_id::RequestId;

/// Defines an id type: a string with a known prefix, ordered and hashed as text. Clones share the text, because each call
/// holds several.
macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "ssr", schema(value_type = String))]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Prefix of all ids of this type.
            pub const PREFIX: &str = $prefix;

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }
    };
}

id_type!(
    /// Id of an instance.
    InstanceId,
    "inst_"
);
id_type!(
    /// Id of a target group.
    TargetGroupId,
    "tg_"
);
id_type!(
    /// Id of a balancer.
    BalancerId,
    "sb_"
);

/// Kinds of objects; each has a table, a REST collection and an id prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    /// A model behind a base URL.
    Instance,
    /// A pool of instances.
    TargetGroup,
    /// A serving name with routes.
    SmartBalancer,
}

impl ObjectKind {
    /// All kinds, dependencies first.
    pub const ALL: [Self; 3] = [Self::Instance, Self::TargetGroup, Self::SmartBalancer];

    /// The name in `used_by`, the audit log and revisions.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::TargetGroup => "target_group",
            Self::SmartBalancer => "smart_balancer",
        }
    }

    /// The name in sentences.
    pub fn words(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::TargetGroup => "target group",
            Self::SmartBalancer => "balancer",
        }
    }

    /// The list of the configuration with these objects.
    pub fn list_name(self) -> &'static str {
        match self {
            Self::Instance => "instances",
            Self::TargetGroup => "target_groups",
            Self::SmartBalancer => "balancers",
        }
    }

    /// Prefix of ids of this kind.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Instance => InstanceId::PREFIX,
            Self::TargetGroup => TargetGroupId::PREFIX,
            Self::SmartBalancer => BalancerId::PREFIX,
        }
    }
}

/// Converts text to a slug: lower-case ASCII letters and digits, other runs become one hyphen, cut at the slug
/// limit. Empty if no character remains.
pub fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.trim().chars() {
        if slug.len() == SLUG_CHARS {
            break;
        }
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if c == '_' && !slug.is_empty() {
            slug.push('_');
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches(['-', '_']).len());
    slug
}

/// Whether `text` matches `[a-z0-9][a-z0-9_-]{0,62}`.
pub fn is_slug(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.len() <= SLUG_CHARS
        && text.bytes().next().is_some_and(plain)
        && text.bytes().all(|b| plain(b) || b == b'_' || b == b'-')
}

/// The comparison key of a unique name: trimmed and in lower case.
pub fn name_key(name: &str) -> String {
    name.trim().to_lowercase()
}

/// Whether the [`name_key`] of a name equals `key`.
pub fn has_name_key(name: &str, key: &str) -> bool {
    let name = name.trim();
    if name.is_ascii() { name.eq_ignore_ascii_case(key) } else { name.to_lowercase() == key }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_keeps_letters_and_digits_and_joins_the_rest_by_hyphens() {
        assert_eq!(slug("  GPT 4 (EU) "), "gpt-4-eu");
        assert_eq!(slug("tech_support"), "tech_support");
        assert_eq!(slug("日本"), "");
        assert!(slug(&"a b".repeat(80)).len() <= SLUG_CHARS);
    }

    #[test]
    fn every_made_slug_is_a_slug() {
        for text in ["GPT 4", "-x-", "__a__", "9", "a/b:c"] {
            assert!(is_slug(&slug(text)), "{text}");
        }
        assert!(!is_slug("") && !is_slug("-a") && !is_slug("A") && !is_slug("a b"));
    }

    #[test]
    fn names_have_one_key_whatever_their_case() {
        for (one, other, same) in
            [(" Ada", "aDA ", true), ("Ärzte", "äRZTE", true), ("a", "b", false), ("\u{212a}", "k", true)]
        {
            assert_eq!(has_name_key(one, &name_key(other)), same, "{one} {other}");
            assert_eq!(has_name_key(one, &name_key(other)), name_key(one) == name_key(other));
        }
    }
}
