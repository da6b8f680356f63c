using System.Management.Automation;

namespace ContainerTools.Host.Commands;

[Cmdlet("Group", "Object")]
public sealed class GroupObjectCommand : PSCmdlet
{
    private readonly Dictionary<string, List<PSObject>> _groups = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, object?[]> _values = new(StringComparer.OrdinalIgnoreCase);
    private IReadOnlyList<PropertySelection> _properties = [];

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0)]
    public object[]? Property { get; set; }

    [Parameter]
    public SwitchParameter NoElement { get; set; }

    [Parameter]
    public SwitchParameter AsHashTable { get; set; }

    protected override void BeginProcessing() => _properties = PropertySelection.Parse(Property);

    protected override void ProcessRecord()
    {
        if (InputObject is null)
            return;
        object?[] values = _properties.Count == 0 ? [InputObject.BaseObject] : [.. _properties.Select(p => p.First(InputObject))];
        var name = string.Join(", ", values.Select(v => v?.ToString()));
        if (!_groups.TryGetValue(name, out var members))
        {
            _groups[name] = members = [];
            _values[name] = values;
        }
        members.Add(InputObject);
    }

    protected override void EndProcessing()
    {
        if (AsHashTable)
        {
            var table = new System.Collections.Hashtable(StringComparer.OrdinalIgnoreCase);
            foreach (var (name, members) in _groups)
                table[name] = members.ToArray();
            WriteObject(table);
            return;
        }
        foreach (var (name, members) in _groups)
        {
            var group = new PSObject();
            group.TypeNames.Insert(0, "Microsoft.PowerShell.Commands.GroupInfo");
            group.Properties.Add(new PSNoteProperty("Values", _values[name]));
            group.Properties.Add(new PSNoteProperty("Count", members.Count));
            if (!NoElement)
                group.Properties.Add(new PSNoteProperty("Group", members.ToArray()));
            group.Properties.Add(new PSNoteProperty("Name", name));
            WriteObject(group);
        }
    }
}
