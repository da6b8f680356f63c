using System.Collections;
using System.Management.Automation;
using System.Text.Json;

namespace ContainerTools.Host.Commands;

[Cmdlet(VerbsData.ConvertFrom, "Json")]
public sealed class ConvertFromJsonCommand : PSCmdlet
{
    private readonly List<string> _lines = [];

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [AllowEmptyString]
    public string InputObject { get; set; } = "";

    [Parameter]
    public SwitchParameter AsHashtable { get; set; }

    [Parameter]
    public SwitchParameter NoEnumerate { get; set; }

    protected override void ProcessRecord() => _lines.Add(InputObject);

    protected override void EndProcessing()
    {
        var text = string.Join('\n', _lines);
        if (string.IsNullOrWhiteSpace(text))
            return;
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            WriteObject(ToObject(document.RootElement), !NoEnumerate);
        }
        catch (JsonException e)
        {
            ThrowTerminatingError(new ErrorRecord(new PSArgumentException("Conversion from JSON failed: " + e.Message, e), "JsonStringInvalid", ErrorCategory.InvalidData, text));
        }
    }

    private object? ToObject(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object when AsHashtable => ToTable(element),
        JsonValueKind.Object => ToCustomObject(element),
        JsonValueKind.Array => element.EnumerateArray().Select(ToObject).ToArray(),
        JsonValueKind.String => element.TryGetDateTime(out var date) && element.GetString()!.Contains('T', StringComparison.Ordinal) ? date : element.GetString(),
        JsonValueKind.Number => element.TryGetInt64(out var number) ? number : element.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    private Hashtable ToTable(JsonElement element)
    {
        var table = new Hashtable(StringComparer.Ordinal);
        foreach (var property in element.EnumerateObject())
            table[property.Name] = ToObject(property.Value);
        return table;
    }

    private PSObject ToCustomObject(JsonElement element)
    {
        var result = new PSObject();
        foreach (var property in element.EnumerateObject())
            result.Properties.Add(new PSNoteProperty(property.Name, ToObject(property.Value)));
        return result;
    }
}
