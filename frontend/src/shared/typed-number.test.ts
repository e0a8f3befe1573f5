import { describe, expect, it } from "vitest";
import { edited, parseTyped, plainNumber, shownNumber, understood } from "./typed-number";

describe("one parser for what people type", () => {
  it.each([
    ["0", 8, "0"],
    ["0.5", 8, "0.5"],
    [".5", 8, "0.5"],
    ["5.", 8, "5."],
    ["1234.50", 2, "1234.50"],
    ["137000000", 0, "137000000"],
    [" 12 ", 0, "12"],
  ])("plain: %j at scale %i", (text, scale, plain) => expect(plainNumber(text, scale)).toBe(plain));

  it.each([
    ["0,5", 8, "0.5"],
    ["0,002", 8, "0.002"],
    ["0,015", 8, "0.015"],
    ["221,5", 2, "221.5"],
    ["1,5", 4, "1.5"],
    ["1234,567", 8, "1234.567"],
    [",5", 8, "0.5"],
    ["12,", 8, "12."],
  ])("a comma that cannot group is the decimal sign: %j", (text, scale, plain) =>
    expect(plainNumber(text, scale)).toBe(plain),
  );

  it.each([
    ["1,234,567", 8, "1234567"],
    ["1,234.5", 2, "1234.5"],
    ["137,000,000", 0, "137000000"],
    ["1,500", 0, "1500"],
  ])("a comma that can only group groups: %j", (text, scale, plain) =>
    expect(plainNumber(text, scale)).toBe(plain),
  );

  it.each([
    ["1,500", 8],
    ["221,500", 2],
    ["1.234,56", 8],
    ["1,23,456", 8],
    ["0,015", 0],
    ["1,5", 0],
    ["05", 8],
    ["007", 0],
    ["0002", 8],
    ["00.5", 8],
    ["00,5", 8],
    ["0,123,456", 8],
    ["1e-5", 8],
    ["1E-05", 8],
    ["-5", 8],
    ["+5", 8],
    ["٠٫٥", 8],
    ["０．５", 8],
    ["1 234", 8],
    ["1'234", 8],
    ["0.5 BTC", 8],
    ["1.2.3", 8],
    ["12a3", 0],
    ["", 8],
    [".", 8],
    [",", 8],
    ["NaN", 8],
    ["Infinity", 8],
  ])("refused, never another number: %j at scale %i", (text, scale) => {
    expect(plainNumber(text, scale)).toBeNull();
    expect(parseTyped(text, scale)).toBeNull();
  });

  it("counts in units of the scale, and takes nothing finer", () => {
    expect(parseTyped("0,015", 8)).toBe(1_500_000n);
    expect(parseTyped("1234.5600", 2)).toBe(123_456n);
    expect(parseTyped("1234.567", 2)).toBeNull();
    expect(parseTyped("12.5", 0)).toBeNull();
    expect(parseTyped("12.0", 0)).toBe(12n);
  });

  it.each([
    ["1,234.5", 2, 123450n],
    [".5", 1, 5n],
    ["5.", 1, 50n],
    ["0.010", 2, 1n],
    ["", 2, null],
    ["0.001", 2, null],
    ["-1", 2, null],
    ["1e3", 2, null],
    ["1.2.3", 2, null],
    ["NaN", 2, null],
  ])("%j with scale %i", (text, scale, units) => expect(parseTyped(text, scale)).toBe(units));

  it("shows the number that was understood", () => {
    expect(understood("0,002", 8)).toBe("0.002");
    expect(understood("1234,50", 2)).toBe("1,234.5");
    expect(understood("1e5", 2)).toBe("1e5");
  });
});

describe("the field", () => {
  it.each([
    ["1234567", "1,234,567"],
    ["1234.5678", "1,234.5678"],
    ["0.5", "0.5"],
    ["0002", "0002"],
    ["1234,5", "1234,5"],
    ["12a3", "12a3"],
    ["", ""],
  ])("shows %j as %j", (text, shown) => expect(shownNumber(text)).toBe(shown));

  it.each([
    // what was in the field, what the browser made of it, the caret, then the text and the caret
    ["1234", "1,2345", 6, "12345", 6],
    ["12345", "12,3456", 7, "123456", 7],
    ["12345", "192,345", 2, "192345", 2],
    ["134526000", "134,26,000", 4, "13426000", 4],
    ["13426000", "13,4426,000", 5, "134426000", 5],
    ["1234", "12345,234", 5, "12345234", 6],
  ])("%j becomes %j with the caret at %i", (before, typed, caret, text, after) => {
    expect(edited(before, typed, caret)).toEqual({ text, caret: after });
  });

  it("Delete before a comma takes the digit behind it, Backspace behind one the digit before it", () => {
    // 121|,324,000 and 121,|324,000: the browser takes the comma, a person means the digit.
    expect(edited("121324000", "121324,000", 3, "deleteContentForward")).toEqual({
      text: "12124000",
      caret: 4,
    });
    expect(edited("121324000", "121324,000", 3, "deleteContentBackward")).toEqual({
      text: "12324000",
      caret: 2,
    });
  });

  it("keeps every sign that was typed or pasted (attack B2)", () => {
    const type = (text: string) =>
      [...text].reduce((before, sign) => {
        const shown = shownNumber(before);
        return edited(before, shown + sign, shown.length + 1, "insertText").text;
      }, "");
    for (const text of ["0,5", "0,015", "1.234,56", "1e-5", "-5", "٠٫٥", "０．５", "12a3", "1,500", "0002"])
      expect(type(text)).toBe(text);
    for (const text of ["1.234,56", "1e-5", "-5", "0.123456789", "1 234", "0,5"])
      expect(edited("7", text, text.length, "insertFromPaste").text).toBe(text);
  });

  it("takes a pasted number as the page writes it", () => {
    expect(edited("", "1,500", 5, "insertFromPaste")).toEqual({ text: "1500", caret: 5 });
    expect(edited("99", " 135,408,000\n", 13, "insertFromPaste").text).toBe("135408000");
  });

  it("a comma typed behind grouped digits is the person's own", () => {
    expect(edited("1234", "1,234,", 6).text).toBe("1234,");
    expect(parseTyped("1234,5", 8)).toBe(123_450_000_000n);
    expect(edited("1234,5", "12345", 4).text).toBe("12345");
  });
});
