// The elements come in this task: the picture that stood for them goes, and first, so that nothing which comes before them styles it anew.
document.getElementById("x-first-picture")?.remove();
