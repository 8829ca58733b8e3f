"""schemathesis against the sandbox: requests that it invents from the effective documents.

No answer may have a status from 500, and none may break the document. README.md tells how to run it.
"""

import os
import pathlib
import re
import subprocess
import sys
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CHECKS = "not_a_server_error,response_schema_conformance,content_type_conformance"


def main():
    site, gateway = os.environ["JSM_URL"], os.environ["JSM_GATEWAY"]
    with urllib.request.urlopen(f"{site}/_edge/tenant_info") as answer:
        cloud = re.search(r'"cloudId":"([^"]+)"', answer.read().decode()).group(1)
    for api, url in [("servicedesk", site), ("csm", f"{gateway}/jsm/csm/cloudid/{cloud}")]:
        document = ROOT / "crates" / "jsm-raw" / "openapi" / f"{api}.json"
        command = [
            *("schemathesis", "run", str(document), "--url", url, "--checks", CHECKS),
            *("--auth", f"{os.environ['JSM_EMAIL']}:{os.environ['JSM_TOKEN']}"),
            *("--header", "X-ExperimentalApi: opt-in", "--header", "X-Atlassian-Token: no-check"),
            *("--seed", "7", "--max-examples", os.environ.get("JSM_EXAMPLES", "20")),
            *("--continue-on-failure", "--suppress-health-check", "all"),
        ]
        # It leaves a database of what it tried where it runs.
        place = ROOT / "target" / "peers"
        place.mkdir(parents=True, exist_ok=True)
        subprocess.run(command, check=True, cwd=place)
        print(f"ok schemathesis: {api}")


try:
    main()
except subprocess.CalledProcessError as error:
    sys.exit(error.returncode)
