using System.Collections;
using System.Management.Automation;

namespace ContainerTools.Host.Commands;

[Cmdlet(VerbsCommon.Select, "Object", DefaultParameterSetName = "Default")]
public sealed class SelectObjectCommand : PSCmdlet
{
    private readonly Queue<PSObject> _tail = new();
    private readonly List<PSObject> _seen = [];
    private IReadOnlyList<PropertySelection> _properties = [];
    private WildcardPattern[] _excluded = [];
    private long _received;
    private long _written;

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0)]
    public object[]? Property { get; set; }

    [Parameter]
    public string[]? ExcludeProperty { get; set; }

    [Parameter]
    public string? ExpandProperty { get; set; }

    [Parameter]
    public SwitchParameter Unique { get; set; }

    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int First { get; set; } = -1;

    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int Last { get; set; } = -1;

    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int Skip { get; set; }

    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int SkipLast { get; set; }

    [Parameter]
    public int[]? Index { get; set; }

    [Parameter]
    public SwitchParameter Wait { get; set; }

    protected override void BeginProcessing()
    {
        _properties = PropertySelection.Parse(Property);
        _excluded = [.. (ExcludeProperty ?? []).Select(p => new WildcardPattern(p, WildcardOptions.IgnoreCase))];
        if (First == 0 && Last < 0 && !Wait)
            throw EngineInternals.StopUpstream(this);
    }

    protected override void ProcessRecord()
    {
        if (InputObject is null)
            return;
        var position = _received++;
        if (Index is not null)
        {
            if (Index.Contains((int)position))
                Emit(InputObject);
            return;
        }
        if (position < Skip && Last < 0)
            return;
        if (First >= 0 && _written < First)
        {
            _written++;
            Emit(InputObject);
        }
        else if (Last > 0 || (SkipLast > 0 && First < 0))
        {
            _tail.Enqueue(InputObject);
            var keep = Last > 0 ? Last + Skip : SkipLast;
            if (_tail.Count > keep)
            {
                var oldest = _tail.Dequeue();
                if (SkipLast > 0)
                    Emit(oldest);
            }
        }
        else if (First < 0 && Last < 0)
        {
            Emit(InputObject);
        }
        if (First >= 0 && _written >= First && Last < 0 && !Wait)
            throw EngineInternals.StopUpstream(this);
    }

    protected override void EndProcessing()
    {
        for (var take = Last > 0 ? Math.Max(0, _tail.Count - Skip) : 0; take > 0; take--)
            Emit(_tail.Dequeue());
    }

    private void Emit(PSObject item)
    {
        if (ExpandProperty is not null)
        {
            Expand(item);
            return;
        }
        var selected = _properties.Count == 0 && _excluded.Length == 0 ? item : Project(item);
        if (!Unique || IsNew(selected))
            WriteObject(selected);
    }

    private void Expand(PSObject item)
    {
        var values = PropertySelection.Parse([ExpandProperty!])[0].Evaluate(item).ToList();
        if (values.Count == 0)
        {
            WriteError(new ErrorRecord(
                new PSArgumentException($"Property \"{ExpandProperty}\" cannot be found."), "ExpandPropertyNotFound", ErrorCategory.InvalidArgument, item));
            return;
        }
        foreach (var (_, value) in values)
        {
            foreach (var element in LanguagePrimitives.GetEnumerable(value) ?? (IEnumerable)new[] { value })
            {
                if (!Unique || IsNew(PSObject.AsPSObject(element ?? "")))
                    WriteObject(element);
            }
        }
    }

    private PSObject Project(PSObject item)
    {
        var result = new PSObject();
        result.TypeNames.Insert(0, "Selected." + item.TypeNames[0]);
        var properties = _properties.Count == 0 ? PropertySelection.Parse(["*"]) : _properties;
        foreach (var property in properties)
        {
            var found = false;
            foreach (var (name, value) in property.Evaluate(item))
            {
                found = true;
                if (!_excluded.Any(e => e.IsMatch(name)) && result.Properties[name] is null)
                    result.Properties.Add(new PSNoteProperty(name, value));
            }
            if (!found && !property.Expression.HasWildCardCharacters)
                result.Properties.Add(new PSNoteProperty(property.Label ?? property.Expression.ToString(), null));
        }
        return result;
    }

    private bool IsNew(PSObject item)
    {
        if (_seen.Any(s => Same(s, item)))
            return false;
        _seen.Add(item);
        return true;
    }

    private static bool Same(PSObject left, PSObject right)
    {
        if (left.BaseObject is not PSCustomObject || right.BaseObject is not PSCustomObject)
            return LanguagePrimitives.Equals(left.BaseObject, right.BaseObject, ignoreCase: false);
        var names = left.Properties.Select(p => p.Name).ToList();
        return names.SequenceEqual(right.Properties.Select(p => p.Name))
            && names.TrueForAll(n => LanguagePrimitives.Equals(left.Properties[n].Value, right.Properties[n].Value));
    }
}
