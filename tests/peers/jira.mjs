// jira.js at work on a site of which it only knows the address and the credentials.
// README.md tells how to run it.

import assert from "node:assert/strict";
import { ServiceDeskClient } from "jira.js";

const { JSM_URL: host, JSM_EMAIL: email, JSM_TOKEN: apiToken } = process.env;
assert(host && email && apiToken, "set JSM_URL, JSM_EMAIL and JSM_TOKEN");
const jira = new ServiceDeskClient({ host, authentication: { basic: { email, apiToken } } });

/** The items of all pages of a list. */
async function all(list, parameters) {
  const items = [];
  for (let start = 0; ; ) {
    const page = await list({ ...parameters, start, limit: 50 });
    items.push(...page.values);
    if (page.isLastPage) return items;
    assert(page.values.length > 0, "a page that is not the last one has items");
    start += page.values.length;
  }
}

/** The status with which a call is refused. */
async function refused(call) {
  try {
    await call;
  } catch (error) {
    return error.status ?? error.response?.status ?? error.cause?.response?.status;
  }
  assert.fail("the call was not refused");
}

const desks = await all((p) => jira.serviceDesk.getServiceDesks(p), {});
const desk = desks.find(({ projectKey }) => projectKey === "HELP");
assert(desk, "there is a desk HELP");
const serviceDeskId = desk.id;

// Customers.
const listCustomers = (query) => all((p) => jira.serviceDesk.getCustomers(p), { serviceDeskId, query });
const before = await listCustomers();
assert.equal(new Set(before.map(({ accountId }) => accountId)).size, before.length, "nobody is listed twice");
const person = await jira.customer.createCustomer({ email: "peer.node@example.com", displayName: "Peer Node" });
assert.equal(await refused(jira.customer.createCustomer({ email: "peer.node@example.com", displayName: "x" })), 400);
await jira.serviceDesk.addCustomers({ serviceDeskId, accountIds: [person.accountId] });
assert.deepEqual((await listCustomers("peer")).map(({ displayName }) => displayName), ["Peer Node"]);
assert.equal((await listCustomers()).length, before.length + 1);

// Organizations.
const organization = await jira.organization.createOrganization({ name: "Peers of Node" });
const organizationId = Number(organization.id);
await jira.organization.addUsersToOrganization({ organizationId, accountIds: [person.accountId] });
await jira.organization.addOrganization({ serviceDeskId, organizationId });
const members = await all((p) => jira.organization.getUsersInOrganization(p), { organizationId });
assert.deepEqual(members.map(({ accountId }) => accountId), [person.accountId]);
const listOrganizations = () => all((p) => jira.organization.getServiceDeskOrganizations(p), { serviceDeskId });
assert((await listOrganizations()).some(({ name }) => name === "Peers of Node"));

// Requests, comments, participants, transitions.
const [type] = await all((p) => jira.serviceDesk.getRequestTypes(p), { serviceDeskId });
const { requestTypeFields } = await jira.serviceDesk.getRequestTypeFields({ serviceDeskId, requestTypeId: Number(type.id) });
assert(requestTypeFields.some(({ fieldId, required }) => fieldId === "summary" && required));
const request = await jira.request.createCustomerRequest({
  serviceDeskId,
  requestTypeId: type.id,
  requestFieldValues: { summary: "Filed by jira.js", description: "From a script" },
});
const { issueKey: issueIdOrKey } = request;
const comment = await jira.request.createRequestComment({ issueIdOrKey, body: "Hello", public: true });
const comments = await all((p) => jira.request.getRequestComments(p), { issueIdOrKey });
assert.deepEqual(comments.map(({ id, body }) => [id, body]), [[comment.id, "Hello"]]);
await jira.request.addRequestParticipants({ issueIdOrKey, accountIds: [person.accountId] });
const left = await jira.request.removeRequestParticipants({ issueIdOrKey, accountIds: [person.accountId] });
assert.equal(left.size, 0);
const transitions = await all((p) => jira.request.getCustomerTransitions(p), { issueIdOrKey });
const { id } = transitions.find(({ name }) => name === "Mark as resolved");
await jira.request.performCustomerTransition({ issueIdOrKey, id });
const read = await jira.request.getCustomerRequestByIdOrKey({ issueIdOrKey, expand: ["status", "sla"] });
assert.equal(read.currentStatus.status, "Resolved");
assert.equal(read.sla.values.length, 2);

// A file.
const [file] = (
  await jira.serviceDesk.attachTemporaryFile({ serviceDeskId, attachment: { filename: "note.txt", file: "hello" } })
).temporaryAttachments;
await jira.request.createAttachment({ issueIdOrKey, temporaryAttachmentIds: [file.temporaryAttachmentId], public: true });
const files = await all((p) => jira.request.getAttachmentsForRequest(p), { issueIdOrKey });
assert.deepEqual(files.map(({ filename, size }) => [filename, size]), [["note.txt", 5]]);

// What was made goes away.
await jira.organization.removeOrganization({ serviceDeskId, organizationId });
await jira.organization.deleteOrganization({ organizationId });
assert.equal(await refused(jira.organization.getOrganization({ organizationId })), 404);
await jira.serviceDesk.removeCustomers({ serviceDeskId, accountIds: [person.accountId] });
assert.equal((await listCustomers()).length, before.length);

console.log(`ok jira.js: ${before.length} customers, ${desks.length} desks, request ${issueIdOrKey}`);
