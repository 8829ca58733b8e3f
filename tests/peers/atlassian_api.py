"""atlassian-python-api at work on a site of which it only knows the address and the credentials.

README.md tells how to run it.
"""

import os
import pathlib
import tempfile

from atlassian import ServiceDesk
from requests import HTTPError


def main():
    jira = ServiceDesk(url=os.environ["JSM_URL"], username=os.environ["JSM_EMAIL"], password=os.environ["JSM_TOKEN"])
    desks = jira.get_service_desks()
    desk = next(desk["id"] for desk in desks if desk["projectKey"] == "HELP")

    # Customers.
    before = everything(jira.get_customers, desk)
    assert len({person["accountId"] for person in before}) == len(before), "nobody is listed twice"
    person = jira.create_customer("Peer Python", "peer.python@example.com")
    assert refused(jira.create_customer, "Peer Python", "peer.python@example.com") == 400
    jira.add_customers(desk, list_of_accountids=[person["accountId"]])
    found = jira.get_customers(desk, query="peer py")["values"]
    assert [one["displayName"] for one in found] == ["Peer Python"], found

    # Organizations.
    organization = jira.create_organization("Peers of Python")
    number = int(organization["id"])
    jira.add_users_to_organization(number, account_list=[person["accountId"]])
    jira.add_organization(desk, number)
    members = jira.get_users_in_organization(number)["values"]
    assert [member["accountId"] for member in members] == [person["accountId"]], members
    assert "Peers of Python" in [one["name"] for one in everything(jira.get_organizations, desk)]

    # Requests, comments, participants, transitions.
    kind = jira.get_request_types(desk)
    kind = (kind["values"] if isinstance(kind, dict) else kind)[0]["id"]
    fields = jira.get_request_type_fields(desk, kind)
    assert any(field["fieldId"] == "summary" and field["required"] for field in fields["requestTypeFields"])
    key = jira.create_customer_request(desk, kind, {"summary": "Filed by atlassian-python-api"})["issueKey"]
    comment = jira.create_request_comment(key, "Hello")
    comments = jira.get_request_comments(key)
    comments = comments["values"] if isinstance(comments, dict) else comments
    assert [(one["id"], one["body"]) for one in comments] == [(comment["id"], "Hello")], comments
    jira.add_request_participants(key, account_list=[person["accountId"]])
    jira.remove_request_participants(key, account_list=[person["accountId"]])
    transitions = jira.get_customer_transitions(key)
    transitions = transitions["values"] if isinstance(transitions, dict) else transitions
    done = next(one["id"] for one in transitions if one["name"] == "Mark as resolved")
    jira.perform_transition(key, done, comment="Done")
    assert jira.get_customer_request(key)["currentStatus"]["status"] == "Resolved"

    # A file.
    with tempfile.TemporaryDirectory() as folder:
        note = pathlib.Path(folder) / "note.txt"
        note.write_text("hello")
        attached = jira.create_attachment(desk, key, str(note), comment="See the note")
    assert [one["filename"] for one in attached["attachments"]["values"]] == ["note.txt"], attached

    # What was made goes away.
    jira.remove_organization(desk, number)
    jira.delete_organization(number)
    assert refused(jira.get_organization, number) == 404
    jira.remove_customers(desk, list_of_accountids=[person["accountId"]])
    assert len(everything(jira.get_customers, desk)) == len(before)

    print(f"ok atlassian-python-api: {len(before)} customers, {len(desks)} desks, request {key}")


def everything(listing, desk):
    """The items of all pages of a list of a desk."""
    items = []
    while True:
        page = listing(desk, start=len(items), limit=50)
        items += page["values"]
        if page["isLastPage"]:
            return items


def refused(call, *arguments):
    """The status with which a call is refused."""
    try:
        call(*arguments)
    except HTTPError as error:
        return error.response.status_code
    raise AssertionError("the call was not refused")


main()
