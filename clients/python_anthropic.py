"""The Python Anthropic package as a stranger would use it. Prints a JSON line a case: its name, and what the client saw."""

import json
import os

import anthropic

client = anthropic.Anthropic(base_url=os.environ["PURSER_URL"], api_key=os.environ["PURSER_API_KEY"], max_retries=0)
plain, provider = os.environ["PURSER_MODEL"], os.environ["PURSER_PROVIDER"]
messages = [{"role": "user", "content": "Count the coins twice."}]
schema = {"type": "object", "properties": {"what": {"type": "string"}}, "required": ["what"]}
tools = [{"name": "count", "input_schema": schema}]


def case_plain():
    raw = client.messages.with_raw_response.create(model=plain, max_tokens=200, messages=messages)
    reply = raw.parse()
    return {"requestId": raw.headers["request-id"], "text": reply.content[0].text, "usage": reply.usage.model_dump()}


def case_streamed():
    with client.messages.stream(model=plain, max_tokens=200, messages=messages) as stream:
        text = "".join(stream.text_stream)
        return {"requestId": stream.response.headers["request-id"], "text": text}


def case_tool():
    model = provider + "/simulated-tools"
    first = client.messages.with_raw_response.create(model=model, max_tokens=200, messages=messages, tools=tools)
    reply = first.parse()
    call = next(part for part in reply.content if part.type == "tool_use")
    said = [part.model_dump(exclude_none=True) for part in reply.content]
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "two coins"}
    turns = [*messages, {"role": "assistant", "content": said}, {"role": "user", "content": [result]}]
    second = client.messages.with_raw_response.create(model=model, max_tokens=200, messages=turns, tools=tools)
    return {
        "requestId": second.headers["request-id"],
        "also": [first.headers["request-id"]],
        "arguments": call.input,
        "text": second.parse().content[0].text,
    }


def case_error():
    try:
        client.messages.create(model=provider + "/simulated-error-422", max_tokens=200, messages=messages)
    except anthropic.APIStatusError as error:
        return {"requestId": error.response.headers["request-id"], "status": error.status_code, "message": str(error)}
    return {"unexpected": "no error"}


for name, run in list(globals().items()):
    if name.startswith("case_"):
        try:
            result = run()
        except Exception as error:  # what the client could not stand is the finding
            result = {"crashed": repr(error)}
        print(json.dumps({"name": name[5:], **result}), flush=True)
