// The form with its default theme and validator, errors on every change, and the JSON beside it. The form keeps its own
// data and is not rendered again for the JSON's sake: of the ways its documentation offers, this one types fastest.
import Form from "@rjsf/core";
import validator from "@rjsf/validator-ajv8";
import { memo, useCallback, useState } from "react";
import { createRoot } from "react-dom/client";

const StableForm = memo(Form);

function Builder({ schema, event }) {
  const [value, setValue] = useState(event);
  const show = useCallback(({ formData }) => setValue(formData), []);
  return (
    <>
      <main>
        <StableForm
          schema={schema}
          validator={validator}
          initialFormData={event}
          onChange={show}
          liveValidate="onChange"
        />
      </main>
      <pre id="wire">{JSON.stringify(value, null, 2)}</pre>
    </>
  );
}

window.mountForm = (schema, event) =>
  createRoot(document.getElementById("root")).render(<Builder schema={schema} event={event} />);
