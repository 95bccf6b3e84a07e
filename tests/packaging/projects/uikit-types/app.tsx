// An app of UI Kit under the platform's real types: React 18, its hook, its components.
import ForgeReconciler, { Button, Stack, Text, useProductContext } from "@forge/react";
import { FeatureMap, License } from "@app-license/sdk";
import { Gate, LicenseProvider, useLicense, useLimit } from "@app-license/sdk/react";

/** Types are found, and say something: with none, all of this would be `any`. */
type IsAny<T> = 0 extends 1 & T ? true : false;
export const known: IsAny<typeof Text | typeof Button | typeof useProductContext | ReturnType<typeof useProductContext>> = false;

const features = new FeatureMap({ features: { "bulk-export": "advanced" }, limits: { rows: { standard: 10, advanced: "unlimited" } } });

function Rows() {
  const { status } = useLicense();
  const { limit, isUnlimited } = useLimit("rows");
  return <Text>{isUnlimited ? "all rows" : `${limit ?? status}`}</Text>;
}

const App = () => (
  <LicenseProvider context={useProductContext()} features={features} onError={(error) => console.error(error)}>
    <Rows />
    <Gate
      feature="bulk-export"
      loading={<Text>Loading</Text>}
      failed={<Text>Reload</Text>}
      fallback={(decision) => <Text>{decision?.reason ?? "unknown"}</Text>}
    >
      <Stack space="space.100">
        <Button appearance="primary" onClick={() => undefined}>
          Export
        </Button>
      </Stack>
    </Gate>
    <Gate requires="capabilityAdvanced" fallback={<Text>Upgrade</Text>} />
    {/* @ts-expect-error misspelled */}
    <Gate requires="capabilityAdvancd" />
    {/* @ts-expect-error the platform's own component refuses it: its types are in force */}
    <Button appearance="loud">Export</Button>
  </LicenseProvider>
);
ForgeReconciler.render(<App />);

export function useEdition() {
  const context = useProductContext();
  // @ts-expect-error it is undefined at first
  context.license;
  return context && License.fromForgeContext(context).edition;
}
