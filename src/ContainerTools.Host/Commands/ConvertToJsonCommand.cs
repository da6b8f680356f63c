using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ContainerTools.Host.Commands;

[Cmdlet(VerbsData.ConvertTo, "Json")]
[OutputType(typeof(string))]
public sealed class ConvertToJsonCommand : PSCmdlet
{
    private readonly List<object?> _input = [];
    private bool _truncated;

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [AllowNull]
    public object? InputObject { get; set; }

    [Parameter]
    [ValidateRange(0, 100)]
    public int Depth { get; set; } = 2;

    [Parameter]
    public SwitchParameter Compress { get; set; }

    [Parameter]
    public SwitchParameter EnumsAsStrings { get; set; }

    [Parameter]
    public SwitchParameter AsArray { get; set; }

    protected override void ProcessRecord() => _input.Add(InputObject);

    protected override void EndProcessing()
    {
        if (_input.Count == 0)
            return;
        var node = ToNode(_input.Count > 1 || AsArray ? _input : _input[0], 0);
        var options = new JsonSerializerOptions { WriteIndented = !Compress, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        WriteObject(node is null ? "null" : node.ToJsonString(options));
        if (_truncated)
            WriteWarning($"Resulting JSON is truncated as serialization has exceeded the set depth of {Depth}.");
    }

    private JsonNode? ToNode(object? value, int level)
    {
        var shell = value as PSObject;
        var inner = shell is not null && shell.BaseObject is not PSCustomObject ? shell.BaseObject : value;
        switch (inner)
        {
            case null: return null;
            case string text: return JsonValue.Create(text);
            case bool flag: return JsonValue.Create(flag);
            case Enum e when EnumsAsStrings: return JsonValue.Create(e.ToString());
            case Enum e: return JsonValue.Create(Convert.ToInt64(e, CultureInfo.InvariantCulture));
            case DateTime date: return JsonValue.Create(date);
            case DateTimeOffset date: return JsonValue.Create(date);
            case Guid or Uri or Version or char: return JsonValue.Create(inner.ToString());
            case double number: return double.IsFinite(number) ? JsonValue.Create(number) : JsonValue.Create(number.ToString(CultureInfo.InvariantCulture));
            case float number: return JsonValue.Create(number);
            case decimal number: return JsonValue.Create(number);
            case ulong number: return JsonValue.Create(number);
            case sbyte or byte or short or ushort or int or uint or long: return JsonValue.Create(Convert.ToInt64(inner, CultureInfo.InvariantCulture));
        }
        if (level > Depth)
        {
            _truncated = true;
            return JsonValue.Create(LanguagePrimitives.ConvertTo<string>(value));
        }
        if (inner is IDictionary table)
        {
            var result = new JsonObject();
            foreach (DictionaryEntry entry in table)
                result[entry.Key.ToString()!] = ToNode(entry.Value, level + 1);
            return result;
        }
        if (inner is IEnumerable list)
            return new JsonArray([.. list.Cast<object?>().Select(v => ToNode(v, level + 1))]);
        var properties = new JsonObject();
        foreach (var property in PSObject.AsPSObject(inner).Properties)
        {
            if (property.IsGettable)
                properties[property.Name] = ToNode(Read(property), level + 1);
        }
        return properties;
    }

    private static object? Read(PSPropertyInfo property)
    {
        try
        {
            return property.Value;
        }
        catch (GetValueException)
        {
            return null;
        }
    }
}
