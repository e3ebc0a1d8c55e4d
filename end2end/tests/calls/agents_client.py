"""Runs an agent of the OpenAI Agents SDK with a tool, at once and as a stream, and prints what it answered."""

import asyncio
import json
import sys

from agents import Agent, OpenAIResponsesModel, Runner, function_tool, set_tracing_disabled
from openai import AsyncOpenAI

base_url, api_key, tool_model = sys.argv[1:]
set_tracing_disabled(True)
asked = []


@function_tool
def weather(words: str) -> str:
    """Tells the weather."""
    asked.append(words)
    return "sun"


async def main():
    client = AsyncOpenAI(base_url=base_url, api_key=api_key, max_retries=0)
    model = OpenAIResponsesModel(model=tool_model, openai_client=client)
    agent = Agent(name="Weather", instructions="Use the tool.", tools=[weather], model=model)
    plain = await Runner.run(agent, "the weather?")
    stream = Runner.run_streamed(agent, "the weather?")
    deltas = ""
    async for event in stream.stream_events():
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
            deltas += event.data.delta
    return {"plain": plain.final_output, "stream": stream.final_output, "deltas": deltas, "asked": asked}


print(json.dumps(asyncio.run(main())))
