// How this person reads, as attributes of the page before anything of it is drawn. No module: a
// module runs only after that.
for (const name of ["view", "layout", "scroll", "size"]) {
  const value = localStorage.getItem(`workbench-${name}`);
  if (value) document.documentElement.dataset[name] = value;
}
