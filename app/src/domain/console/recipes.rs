//! Recipes that connect well-known clients to a balancer, with its address and serving name filled in. A key is never
//! part of them: they read `$SMART_BALANCER_API_KEY`, or say where to enter it.
//!
//! `docs/guide/connect-a-client.md` holds the same recipes with their background.

use serde_json::Value;

/// Settings or code for one client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// Name of the client.
    pub title: &'static str,
    /// Where the text goes, such as a file or a shell.
    pub language: &'static str,
    /// The text to paste.
    pub text: String,
}

/// All recipes of a chat balancer, in display order. `site` is the base URL of this server without `/v1` and without a
/// trailing slash.
pub fn recipes(serving_name: &str, site: &str) -> Vec<Recipe> {
    let recipe = |title, language, template: &str| {
        let text = template
            .replace("{{model}}", &quoted(serving_name))
            .replace("{{plain_model}}", serving_name)
            .replace("{{shell_model}}", &shell_quoted(serving_name))
            .replace("{{shell_site}}", &shell_quoted(site))
            .replace("{{site}}", &quoted(site))
            .replace("{{base}}", &quoted(&format!("{site}/v1")))
            .replace("{{shell_base}}", &shell_quoted(&format!("{site}/v1")))
            .replace("{{plain_base}}", &format!("{site}/v1"));
        Recipe { title, language, text }
    };
    vec![
        recipe("Codex", "~/.codex/config.toml", CODEX),
        recipe("Claude Code", "Shell", CLAUDE_CODE),
        recipe("Continue", "~/.continue/config.yaml", CONTINUE),
        recipe("Cline", "Settings", CLINE),
        recipe("Open WebUI", "Shell", OPEN_WEBUI),
        recipe("OpenAI Agents SDK", "Python with openai-agents", AGENTS_SDK),
        recipe("Vercel AI SDK", "JavaScript with ai and @ai-sdk/openai", AI_SDK),
        recipe("LangChain", "Python with langchain-openai", LANGCHAIN),
        recipe("Anthropic SDK", "Python with anthropic", ANTHROPIC),
    ]
}

const CODEX: &str = "\
model = {{model}}
model_provider = \"smart_balancer\"

[model_providers.smart_balancer]
name = \"Smart Balancer\"
base_url = {{base}}
env_key = \"SMART_BALANCER_API_KEY\"
wire_api = \"responses\"
";

const CLAUDE_CODE: &str = "\
export ANTHROPIC_BASE_URL={{shell_site}}
export ANTHROPIC_AUTH_TOKEN=\"$SMART_BALANCER_API_KEY\"
export ANTHROPIC_MODEL={{shell_model}}
export ANTHROPIC_DEFAULT_HAIKU_MODEL={{shell_model}}
unset ANTHROPIC_API_KEY
claude
";

const CONTINUE: &str = "\
name: Smart Balancer
version: 0.0.1
schema: v1
models:
  - name: {{model}}
    provider: openai
    model: {{model}}
    apiBase: {{base}}
    apiKey: ${{ secrets.SMART_BALANCER_API_KEY }}
";

const CLINE: &str = "\
API Provider: OpenAI Compatible
Base URL: {{plain_base}}
API Key: the value of SMART_BALANCER_API_KEY
Model ID: {{plain_model}}
";

const OPEN_WEBUI: &str = "\
export OPENAI_API_BASE_URL={{shell_base}}
export OPENAI_API_KEY=\"$SMART_BALANCER_API_KEY\"
open-webui serve
";

const AGENTS_SDK: &str = "\
import os
from agents import Agent, OpenAIResponsesModel, Runner, set_tracing_disabled
from openai import AsyncOpenAI

set_tracing_disabled(True)  # Traces would be sent to OpenAI.
client = AsyncOpenAI(
    base_url={{base}},
    api_key=os.environ[\"SMART_BALANCER_API_KEY\"],
)
model = OpenAIResponsesModel(model={{model}}, openai_client=client)
agent = Agent(name=\"Assistant\", instructions=\"Answer briefly.\", model=model)
print(Runner.run_sync(agent, \"Write a haiku about routing.\").final_output)
";

const AI_SDK: &str = "\
import { createOpenAI } from \"@ai-sdk/openai\";
import { generateText } from \"ai\";

const balancer = createOpenAI({
  baseURL: {{base}},
  apiKey: process.env.SMART_BALANCER_API_KEY,
});
// balancer.chat(…) calls chat completions, balancer.responses(…) Responses.
const { text } = await generateText({
  model: balancer.chat({{model}}),
  prompt: \"Write a haiku about routing.\",
});
console.log(text);
";

const LANGCHAIN: &str = "\
import os
from langchain_openai import ChatOpenAI

model = ChatOpenAI(
    model={{model}},
    base_url={{base}},
    api_key=os.environ[\"SMART_BALANCER_API_KEY\"],
)
print(model.invoke(\"Write a haiku about routing.\").content)
";

const ANTHROPIC: &str = "\
import os
from anthropic import Anthropic

client = Anthropic(
    base_url={{site}},
    api_key=os.environ[\"SMART_BALANCER_API_KEY\"],
)
message = client.messages.create(
    model={{model}},
    max_tokens=1024,
    messages=[{\"role\": \"user\", \"content\": \"Write a haiku about routing.\"}],
)
print(message.content[0].text)
";

/// The text as a literal, which TOML, YAML, Python and JavaScript write the same way.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// The text as one word of a shell.
fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "https://models.example.com";

    fn find(title: &str) -> String {
        let found = recipes("team/help:desk-1", SITE).into_iter().find(|it| it.title == title);
        found.map(|it| it.text).unwrap_or_default()
    }

    #[test]
    fn every_recipe_is_complete_and_reads_the_key_from_the_environment() {
        for recipe in recipes("team/help:desk-1", SITE) {
            let text = &recipe.text;
            for part in [SITE, "SMART_BALANCER_API_KEY"] {
                assert!(text.contains(part), "{}: {part}\n{text}", recipe.title);
            }
            assert!(text.contains("team/help:desk-1") || recipe.title == "Open WebUI", "{text}");
            let left = text.replace("${{ secrets.SMART_BALANCER_API_KEY }}", "");
            assert!(!left.contains("{{"), "nothing is left to fill in: {text}");
            assert!(!text.contains("sb-"), "no key: {text}");
        }
    }

    #[test]
    fn clients_of_messages_get_the_address_without_v1_and_all_others_with_it() {
        for recipe in recipes("helpdesk", SITE) {
            let messages = ["Claude Code", "Anthropic SDK"].contains(&recipe.title);
            assert_eq!(recipe.text.contains(&format!("{SITE}/v1")), !messages, "{}", recipe.text);
        }
    }

    #[test]
    fn codex_and_claude_code_get_their_documented_settings() {
        let codex = find("Codex");
        for line in [
            r#"model = "team/help:desk-1""#,
            r#"base_url = "https://models.example.com/v1""#,
            r#"env_key = "SMART_BALANCER_API_KEY""#,
            r#"wire_api = "responses""#,
        ] {
            assert!(codex.lines().any(|it| it == line), "{line}\n{codex}");
        }
        let claude = find("Claude Code");
        for line in [
            "export ANTHROPIC_BASE_URL='https://models.example.com'",
            r#"export ANTHROPIC_AUTH_TOKEN="$SMART_BALANCER_API_KEY""#,
            "export ANTHROPIC_MODEL='team/help:desk-1'",
        ] {
            assert!(claude.lines().any(|it| it == line), "{line}\n{claude}");
        }
    }

    #[test]
    fn addresses_cannot_leave_their_quotes() {
        let odd = "https://a'b\"c";
        for recipe in recipes("helpdesk", odd) {
            match recipe.language {
                "Shell" => assert!(recipe.text.contains(r#"'https://a'\''b"c"#), "{}", recipe.text),
                "Settings" => {}
                _ => assert!(recipe.text.contains(r#""https://a'b\"c"#), "{}", recipe.text),
            }
        }
    }
}
