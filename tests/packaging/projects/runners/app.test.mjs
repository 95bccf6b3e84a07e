import { expect, test } from "vitest";
import * as sdk from "@app-license/sdk";
import * as react from "@app-license/sdk/react";
import * as server from "@app-license/sdk/server";
import * as testing from "@app-license/sdk/testing";

import app from "./app.cjs";
import cases from "./cases.cjs";

cases.functions({ test, expect, app, testing });
cases.page({ test, expect, sdk, react, server, testing });
