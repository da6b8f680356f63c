using System.Text.Json;

namespace ContainerTools.Core.Build.Language;

/// <summary>The exec form: a JSON array of strings.</summary>
internal static class JsonForm
{
    /// <summary>Reads an array of strings.</summary>
    /// <param name="head">The instruction, for errors.</param>
    /// <param name="text">Its arguments.</param>
    /// <returns>The strings; null when the text is no JSON array, and so of another form.</returns>
    internal static IReadOnlyList<string>? TryRead(InstructionHead head, Token text)
    {
        if (!text.Text.StartsWith('['))
            return null;
        try
        {
            using var document = JsonDocument.Parse(text.Text);
            var strings = new List<string>();
            foreach (var element in document.RootElement.EnumerateArray())
            {
                strings.Add(element.ValueKind == JsonValueKind.String ? element.GetString()! : throw head.Error("ContainerfileJsonForm",
                    $"{head.Name} takes strings only in its JSON form, not {element.GetRawText()}; write it in double quotes", text));
            }

            return strings;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Refuses what was meant to be a JSON array but is none: <c>['a', 'b']</c>, <c>["a" "b"]</c>.</summary>
    /// <param name="head">The instruction.</param>
    /// <param name="text">Its arguments, which are no JSON array.</param>
    /// <param name="isShell">True where a shell's test may stand, which begins with a bracket and a blank.</param>
    internal static void RejectBroken(InstructionHead head, Token text, bool isShell)
    {
        if (LooksBroken(text.Text, isShell))
            throw head.Error("ContainerfileJsonForm", $"{head.Name}'s arguments begin like a JSON array, but are none: {Problem(text.Text)}", text);
    }

    /// <summary>True for text that begins as an array of strings does. Call it for text that is no JSON.</summary>
    internal static bool LooksBroken(string text, bool isShell)
    {
        if (text.Length < 2 || text[0] != '[')
            return false;
        string inner = text[1..].TrimStart();
        return IsQuote(text[1]) || (!isShell && inner.Length > 0 && IsQuote(inner[0]) && text.EndsWith(']'));
    }

    /// <summary>What JSON objects to, for people.</summary>
    internal static string Problem(string text)
    {
        if (text.Contains('\'') && !text.Contains('"'))
            return "strings need double quotes, as in [\"a\", \"b\"]";
        try
        {
            using var document = JsonDocument.Parse(text);
            return "it is not an array of strings";
        }
        catch (JsonException e)
        {
            string message = e.Message.Split(" LineNumber:", 2)[0].TrimEnd('.');
            return $"{char.ToLowerInvariant(message[0])}{message[1..]}, at character {e.BytePositionInLine + 1}";
        }
    }

    private static bool IsQuote(char c) => c is '"' or '\'' or '\u201C' or '\u201D';
}
