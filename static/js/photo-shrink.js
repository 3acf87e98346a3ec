// Photos from a phone are made smaller before they travel over a bad line. If anything fails, the original is sent.
(() => {
  "use strict";
  const LONGEST_SIDE = 1920;
  const SMALL_ENOUGH = 600 * 1024;
  const QUALITY = 0.82;

  async function shrink(file) {
    const isKept = ["image/jpeg", "image/png"].includes(file.type); // what the server keeps as it is
    if (!file.type.startsWith("image/") || (isKept && file.size <= SMALL_ENOUGH)) return file;
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
    if (!blob || (isKept && blob.size >= file.size)) return file;
    return new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg", lastModified: file.lastModified });
  }

  document.addEventListener("change", async (event) => {
    const input = event.target;
    if (!input.matches('input[type="file"][data-shrink-photo]')) return;
    try {
      const chosen = Array.from(input.files);
      const smaller = new DataTransfer();
      for (const file of chosen) smaller.items.add(await shrink(file).catch(() => file));
      if (input.files.length === chosen.length) input.files = smaller.files;
    } catch (error) {
      // The browser cannot do it: the originals stay chosen.
    }
    input.dispatchEvent(new Event("files-ready", { bubbles: true }));
  });
})();
