import { expect, it } from "vitest";
import { settingNotes } from "../src/fleet/settings-schema.ts";

// The page is made of the schema, so that neither can say what the other does not.
// After a change of the schema: npx vitest run test/settings-page.test.ts --update

const opening = `# Settings of hosts

They live in the repository, so that two people get the same plan. Later wins:

1. the defaults of this page,
2. \`defaults\` in \`fleet.json\`,
3. \`tags\` in \`fleet.json\`, for hosts that have the tag (two tags that set the same key differently are an error),
4. the host's own file (\`systems/nas/meta.json\`, \`systems/pi.meta.json\` beside \`systems/pi.nix\`), or \`hosts\` in \`fleet.json\`,
5. variables,
6. flags, such as \`--confirm-seconds 60\`.

\`flurry config show nas --origin\` prints what counts for a host, and which of these said it.

\`\`\`json
{
  "defaults": { "user": "deployer" },
  "tags": { "remote": { "policy": { "confirmSeconds": 60 } } },
  "hosts": { "pi": { "address": ["pi.lan", "10.0.0.7"], "tags": ["remote"] } }
}
\`\`\`

Keys that flurry does not know are left alone; one that is nearly a known key gets a warning.
`;

function page(): string {
  const parts = [...settingNotes()].map(([key, note]) => {
    const variable = note.variable === null ? "" : ` Variable: \`${note.variable}\`.`;
    return `## \`${key}\`

${note.description}

Default: ${note.fallback}. Example: \`${note.example}\`.${variable}
`;
  });
  return [opening, ...parts].join("\n");
}

it("has a page that says what the schema says", async () => {
  await expect(page()).toMatchFileSnapshot("../docs/settings.md");
});

it("describes every key in a sentence", () => {
  const odd = [...settingNotes()].filter(
    ([, { description }]) => !/^[A-Z].*[.]$/.test(description),
  );
  expect(odd.map(([key]) => key)).toEqual([]);
});
