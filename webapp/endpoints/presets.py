"""The table of ready-made endpoints: address, key, dialect, models and deviations of each."""

from webapp.endpoints.preset import SERVER, Gap, Key, Note, Place, Preset

SANDBOX = "sandbox"
RESOURCE = "resource"

OPENAI_KEY = Key("OPENAI_API_KEY")
AZURE_KEY = Key("AZURE_OPENAI_API_KEY", "api-key", "")
ANY_KEY = Key("REALTIME_API_KEY", required=False)

_AZURE_BEARER = Key("AZURE_OPENAI_API_KEY")
_AZURE_RESOURCE = Gap(RESOURCE, "Resource", "YOUR-RESOURCE")
_AZURE_MODELS = ("YOUR-DEPLOYMENT", "gpt-realtime", "gpt-realtime-mini")

PRESETS = {
    preset.slug: preset
    for preset in (
        Preset(
            slug=SANDBOX,
            title="Sandbox",
            summary="Rehearses replies inside this app: no key, no network.",
            dialects=("beta", "ga"),
            models=("sandbox",),
            embedded=True,
            address="ws://127.0.0.1:8765/v1/realtime?model={model}",
            beta_header=True,
        ),
        Preset(
            slug="openai",
            title="OpenAI",
            summary="The service itself; it has switched Beta off.",
            dialects=("ga",),
            models=("gpt-realtime", "gpt-realtime-mini", "gpt-realtime-2", "gpt-realtime-1.5"),
            address="wss://api.openai.com/v1/realtime?model={model}",
            calls="https://api.openai.com/v1/realtime/calls?model={model}",
            key=OPENAI_KEY,
            other_keys=(
                Key(
                    "OPENAI_API_KEY",
                    "realtime",
                    "openai-insecure-api-key.",
                    place=Place.SUBPROTOCOL,
                ),
            ),
            notes=(
                Note(
                    "A wrong key or model is told after the connection has opened: an error event,"
                    " then a close.",
                ),
                Note(
                    "The header and the subprotocol of Beta are refused with"
                    " beta_api_shape_disabled.",
                    "langwatch/scenario#602",
                ),
                Note("A session ends after 60 minutes."),
            ),
        ),
        Preset(
            slug="azure",
            title="Azure OpenAI",
            summary="The model is the name of your deployment.",
            dialects=("ga",),
            models=_AZURE_MODELS,
            address="wss://{resource}.openai.azure.com/openai/v1/realtime?model={model}",
            calls="https://{resource}.openai.azure.com/openai/v1/realtime/calls?model={model}",
            gaps=(_AZURE_RESOURCE,),
            key=AZURE_KEY,
            other_keys=(_AZURE_BEARER,),
            notes=(Note("Takes no api-version; the deployment stands in the place of the model."),),
        ),
        Preset(
            slug="azure-preview",
            title="Azure OpenAI preview",
            summary="Speaks Beta, told by its address.",
            dialects=("beta",),
            models=_AZURE_MODELS,
            address=(
                "wss://{resource}.openai.azure.com/openai/realtime"
                "?api-version=2024-10-01-preview&deployment={model}"
            ),
            gaps=(_AZURE_RESOURCE,),
            key=AZURE_KEY,
            other_keys=(
                _AZURE_BEARER,
                Key("AZURE_OPENAI_API_KEY", "api-key", "", place=Place.QUERY),
            ),
            notes=(
                Note("Refuses GA's names, output_modalities and audio.", "pipecat-ai/pipecat#4106"),
                Note("Deprecated since 30 April 2026."),
            ),
        ),
        Preset(
            slug="localai",
            title="LocalAI",
            summary="A server of your own; speaks GA.",
            dialects=("ga",),
            models=("gpt-realtime",),
            address="{server}/v1/realtime?model={model}",
            gaps=(Gap(SERVER, "Server", "ws://localhost:8080"),),
            key=Key("LOCALAI_API_KEY", required=False),
            notes=(
                Note("conversation is read and not acted on: there is no out-of-band response."),
                Note("input is appended to the conversation instead of standing in for it."),
                Note("An item_reference cannot be read: the error is invalid_json."),
                Note("A second response.create replaces the running response."),
                Note("An empty list counts as absent; modalities is taken beside its GA name."),
            ),
        ),
        Preset(
            slug="speaches",
            title="speaches",
            summary="A server of your own; speaks Beta.",
            dialects=("beta",),
            models=("gpt-4o-mini",),
            address="{server}/v1/realtime?model={model}",
            gaps=(Gap(SERVER, "Server", "ws://localhost:8000"),),
            key=Key("SPEACHES_API_KEY", required=False),
            other_keys=(
                Key("SPEACHES_API_KEY", "X-API-Key", "", required=False),
                Key("SPEACHES_API_KEY", "api_key", "", required=False, place=Place.QUERY),
            ),
            notes=(
                Note(
                    "conversation, input, metadata and output_audio_format give an error event"
                    " “not supported”, and the response runs all the same."
                ),
                Note("A response cannot be cancelled."),
                Note(
                    "tool_choice has the nested form; the token limit is"
                    " max_response_output_tokens."
                ),
                Note("A wrong key closes the connection with 1008."),
            ),
        ),
        Preset(
            slug="litellm",
            title="LiteLLM proxy",
            summary="A gateway to other services; answers in Beta where Beta is spoken.",
            dialects=("ga", "beta"),
            models=("gpt-realtime",),
            address="{server}/v1/realtime?model={model}",
            gaps=(Gap(SERVER, "Server", "ws://localhost:4000"),),
            key=Key("LITELLM_API_KEY", required=False),
            beta_header=True,
            notes=(
                Note(
                    "For clients of Beta it rewrites session.update and server events, but not"
                    " response.create: the service behind it may refuse a Beta event.",
                    "BerriAI/litellm#27110",
                ),
            ),
        ),
        Preset(
            slug="qwen",
            title="Qwen-Omni (DashScope)",
            summary="Alibaba's service; speaks Beta.",
            dialects=("beta",),
            models=(
                "qwen3.5-omni-flash-realtime",
                "qwen3.5-omni-plus-realtime",
                "qwen3-omni-flash-realtime",
            ),
            address="wss://dashscope{region}.aliyuncs.com/api-ws/v1/realtime?model={model}",
            gaps=(Gap("region", "Region", "", ("-intl",)),),
            key=Key("DASHSCOPE_API_KEY"),
            notes=(
                Note("response.create is documented without params."),
                Note("Tools have the nested form of chat completions; sound is pcm."),
                Note("Temperature stays below 2; modalities are text, or text with audio."),
                Note("Outside China the region is -intl."),
            ),
        ),
        Preset(
            slug="glm",
            title="GLM-Realtime",
            summary="Zhipu's service; speaks Beta.",
            dialects=("beta",),
            models=(),
            address="wss://open.bigmodel.cn/api/paas/v4/realtime",
            key=Key("ZHIPU_API_KEY"),
            notes=(
                Note("session.update names the model: glm-realtime-flash or glm-realtime-air."),
                Note("Has members of its own (beta_fields) and a heartbeat event."),
                Note("The output of a tool is sent without call_id."),
            ),
        ),
        Preset(
            slug="stepfun",
            title="StepFun",
            summary="StepFun's service; speaks Beta.",
            dialects=("beta",),
            models=("step-audio-2", "step-audio-2-mini", "step-1o-audio"),
            address="wss://api.stepfun.com/v1/realtime?model={model}",
            key=Key("STEPFUN_API_KEY"),
            notes=(
                Note(
                    "Drops the ids of items and does not give metadata back, so that a response"
                    " cannot be told by it.",
                    "livekit/agents#7352",
                ),
                Note(
                    "Has web_search and retrieval among its tools; a session ends after 30 minutes."
                ),
            ),
        ),
        Preset(
            slug="xai",
            title="xAI Grok Voice",
            summary="Between the dialects: events as in GA, the params of a response flat.",
            dialects=("ga", "beta"),
            models=("grok-voice-latest", "grok-voice-3.0"),
            address="wss://api.x.ai/v1/realtime?model={model}",
            key=Key("XAI_API_KEY"),
            notes=(
                Note(
                    "Server events are named as in GA, yet response.create takes flat modalities"
                    " and instructions only, as in Beta.",
                    "pipecat-ai/pipecat, xai events",
                ),
                Note("conversation.created comes first, before session.created; pings are events."),
                Note("Knows an item force_message."),
            ),
        ),
    )
}
