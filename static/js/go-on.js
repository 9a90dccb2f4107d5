// A form that needs nobody: what came back from another site is sent on by this site's own page.

document.querySelector("form[data-go-on]").requestSubmit();
