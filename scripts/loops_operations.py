"""Every operation of Loops' API (version 1.22.6), and what the engine does otherwise; `reference.py` makes a table of it."""

from __future__ import annotations

import re
from collections.abc import Iterable

OPERATIONS: tuple[tuple[str, str, str], ...] = (
    ("GET", "/v1/api-key", "testApiKey"),
    ("GET", "/v1/audience-segments/{audienceSegmentId}", "getAudienceSegment"),
    ("GET", "/v1/audience-segments", "listAudienceSegments"),
    ("POST", "/v1/audience-segments", "createAudienceSegment"),
    ("GET", "/v1/campaigns", "listCampaigns"),
    ("POST", "/v1/campaigns", "createCampaign"),
    ("GET", "/v1/campaigns/{campaignId}", "getCampaign"),
    ("POST", "/v1/campaigns/{campaignId}", "updateCampaign"),
    ("GET", "/v1/campaigns/{campaignId}/metrics", "getCampaignMetrics"),
    ("GET", "/v1/campaign-groups", "listCampaignGroups"),
    ("POST", "/v1/campaign-groups", "createCampaignGroup"),
    ("GET", "/v1/campaign-groups/{campaignGroupId}", "getCampaignGroup"),
    ("POST", "/v1/campaign-groups/{campaignGroupId}", "updateCampaignGroup"),
    ("GET", "/v1/dedicated-sending-ips", "listDedicatedSendingIps"),
    ("POST", "/v1/contacts/create", "createContact"),
    ("PUT", "/v1/contacts/update", "updateContact"),
    ("GET", "/v1/contacts/find", "findContact"),
    ("POST", "/v1/contacts/delete", "deleteContact"),
    ("GET", "/v1/contacts/suppression", "getContactSuppression"),
    ("DELETE", "/v1/contacts/suppression", "removeContactSuppression"),
    ("GET", "/v1/contacts/properties", "listContactProperties"),
    ("POST", "/v1/contacts/properties", "createContactProperty"),
    ("GET", "/v1/components/{componentId}", "getComponent"),
    ("POST", "/v1/components/{componentId}", "updateComponent"),
    ("GET", "/v1/components", "listComponents"),
    ("POST", "/v1/components", "createComponent"),
    ("GET", "/v1/email-messages/{emailMessageId}", "getEmailMessage"),
    ("POST", "/v1/email-messages/{emailMessageId}", "updateEmailMessage"),
    ("POST", "/v1/email-messages/{emailMessageId}/preview", "previewEmailMessage"),
    ("GET", "/v1/email-messages/{emailMessageId}/guardian", "getEmailMessageGuardian"),
    ("POST", "/v1/events/send", "sendEvent"),
    ("GET", "/v1/event-patterns", "listEventPatterns"),
    ("GET", "/v1/event-patterns/by-name/{eventName}", "getEventPatternByName"),
    ("GET", "/v1/event-patterns/{eventPatternId}", "getEventPattern"),
    ("GET", "/v1/lists", "listMailingLists"),
    ("GET", "/v1/themes/{themeId}", "getTheme"),
    ("POST", "/v1/themes/{themeId}", "updateTheme"),
    ("GET", "/v1/themes", "listThemes"),
    ("POST", "/v1/themes", "createTheme"),
    ("GET", "/v1/transactional", "listPublishedTransactionalEmails"),
    ("POST", "/v1/transactional", "sendTransactionalEmail"),
    ("GET", "/v1/transactional-emails", "listTransactionalEmails"),
    ("POST", "/v1/transactional-emails", "createTransactionalEmail"),
    ("GET", "/v1/transactional-emails/{transactionalId}", "getTransactionalEmail"),
    ("POST", "/v1/transactional-emails/{transactionalId}", "updateTransactionalEmail"),
    ("GET", "/v1/transactional-emails/{transactionalId}/metrics", "getTransactionalEmailMetrics"),
    ("POST", "/v1/transactional-emails/{transactionalId}/draft", "ensureTransactionalDraft"),
    ("POST", "/v1/transactional-emails/{transactionalId}/publish", "publishTransactionalEmail"),
    ("GET", "/v1/transactional-groups", "listTransactionalGroups"),
    ("POST", "/v1/transactional-groups", "createTransactionalGroup"),
    ("GET", "/v1/transactional-groups/{transactionalGroupId}", "getTransactionalGroup"),
    ("POST", "/v1/transactional-groups/{transactionalGroupId}", "updateTransactionalGroup"),
    ("POST", "/v1/uploads", "createUpload"),
    ("POST", "/v1/uploads/{emailAssetId}/complete", "completeUpload"),
    ("GET", "/v1/workflow-groups", "listWorkflowGroups"),
    ("POST", "/v1/workflow-groups", "createWorkflowGroup"),
    ("GET", "/v1/workflow-groups/{workflowGroupId}", "getWorkflowGroup"),
    ("POST", "/v1/workflow-groups/{workflowGroupId}", "updateWorkflowGroup"),
    ("GET", "/v1/workflows", "listWorkflows"),
    ("POST", "/v1/workflows", "createWorkflow"),
    ("GET", "/v1/workflows/{workflowId}", "getWorkflow"),
    ("POST", "/v1/workflows/{workflowId}", "updateWorkflowProperties"),
    ("DELETE", "/v1/workflows/{workflowId}", "deleteWorkflow"),
    ("POST", "/v1/workflows/{workflowId}/mailing-list", "changeWorkflowMailingList"),
    ("POST", "/v1/workflows/{workflowId}/nodes", "createWorkflowNode"),
    ("POST", "/v1/workflows/{workflowId}/nodes/{nodeId}/add-branch", "addWorkflowBranch"),
    ("GET", "/v1/workflows/{workflowId}/nodes/{nodeId}", "getWorkflowNode"),
    ("POST", "/v1/workflows/{workflowId}/nodes/{nodeId}", "updateWorkflowNode"),
    ("DELETE", "/v1/workflows/{workflowId}/nodes/{nodeId}", "deleteWorkflowNode"),
    ("GET", "/v1/workflows/{workflowId}/nodes/{nodeId}/metrics", "getWorkflowNodeMetrics"),
    ("POST", "/v1/workflows/{workflowId}/nodes/{nodeId}/reroute", "rerouteNodeConnection"),
    ("DELETE", "/v1/workflows/{workflowId}/nodes/{nodeId}/recursive", "deleteWorkflowNodeRecursively"),
)
# what somebody who knows Loops notices here; every operation besides knows 401, 429 and a body over 4 MB (413)
OTHERWISE = {
    "createAudienceSegment": "a condition may also ask for an event that was received (`action: received`, `target: event`); more than 100 conditions, or a field that is not known, is 400",
    "getAudienceSegment": "the filter of a segment made here may have `received` and `event`, which Loops never returns",
    "createContactProperty": "a name with quotes, backslashes or control characters is 400",
    "createContact": "an email or a user ID that is taken is 409 with the older wording, \"Email or userId is already on list.\"",
    "updateContact": "`email` of one contact with `userId` of another is 400 and changes nothing, since Loops does not say what it does; POST works like PUT",
    "deleteContact": "`userId` may also be an array with one value, as Segment sends it",
    "getContactSuppression": "`email` together with `userId` is 400; Loops says only to give one",
    "removeContactSuppression": "`email` together with `userId` is 400; Loops says only to give one",
    "sendEvent": "`email` of one contact with `userId` of another is 400 and changes nothing; an `eventName` with a colon is 400",
    "updateEmailMessage": "without `expectedRevisionId`, or with a field that is not known, it is 400; a `Component` tag needs its blocks inside, as components are not kept here",
    "previewEmailMessage": "at most 20 addresses in one call, but as many calls a day as you like (Loops: 100)",
    "createTransactionalEmail": "`transactionalGroupId` is 400: there are no groups",
    "updateTransactionalEmail": "`transactionalGroupId` is 400: there are no groups",
    "sendTransactionalEmail": "attachments need not be enabled by anybody, at most 20 of them; a data variable that is null, true or false is 400",
}  # fmt: skip


def plain(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "{}", path)


def table(built: Iterable[tuple[str, str]]) -> str:
    """`built`: (method, path) of the engine's own operations."""
    have = {(method, plain(path)) for method, path in built}
    lines = ["| operation | method and path | here |", "|---|---|---|"]
    for method, path, name in OPERATIONS:
        there = (method, plain(path)) in have
        said = OTHERWISE.get(name, "same") if there else "**not built** (404)"
        lines.append(f"| {name} | `{method} {path}` | {said} |")
    return "\n".join(lines)
