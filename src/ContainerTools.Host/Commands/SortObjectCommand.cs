using System.Management.Automation;

namespace ContainerTools.Host.Commands;

[Cmdlet("Sort", "Object")]
public sealed class SortObjectCommand : PSCmdlet
{
    private readonly List<(object?[] Keys, PSObject Item)> _items = [];
    private IReadOnlyList<PropertySelection> _properties = [];

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0)]
    public object[]? Property { get; set; }

    [Parameter]
    public SwitchParameter Descending { get; set; }

    [Parameter]
    public SwitchParameter Unique { get; set; }

    [Parameter]
    public SwitchParameter CaseSensitive { get; set; }

    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Top { get; set; } = int.MaxValue;

    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Bottom { get; set; } = int.MaxValue;

    protected override void BeginProcessing() => _properties = PropertySelection.Parse(Property);

    protected override void ProcessRecord()
    {
        if (InputObject is not null)
            _items.Add((_properties.Count == 0 ? [InputObject.BaseObject] : [.. _properties.Select(p => p.First(InputObject))], InputObject));
    }

    protected override void EndProcessing()
    {
        // OrderBy is stable, List.Sort is not, and equal objects must keep the order they came in.
        IEnumerable<(object?[] Keys, PSObject Item)> sorted = _items.OrderBy(i => i.Keys, Comparer<object?[]>.Create(Compare));
        if (Unique)
            sorted = WithoutRepeats(sorted);
        if (Bottom != int.MaxValue)
            sorted = sorted.TakeLast(Bottom);
        foreach (var (_, item) in sorted.Take(Top))
            WriteObject(item);
    }

    private IEnumerable<(object?[] Keys, PSObject Item)> WithoutRepeats(IEnumerable<(object?[] Keys, PSObject Item)> sorted)
    {
        object?[]? previous = null;
        foreach (var item in sorted)
        {
            if (previous is null || Compare(previous, item.Keys) != 0)
                yield return item;
            previous = item.Keys;
        }
    }

    private int Compare(object?[]? left, object?[]? right)
    {
        for (var i = 0; i < left!.Length; i++)
        {
            var order = CompareValues(left[i], right![i]);
            if (order != 0)
                return (i < _properties.Count ? _properties[i].Descending : null) ?? Descending.IsPresent ? -order : order;
        }
        return 0;
    }

    private int CompareValues(object? left, object? right)
    {
        if (LanguagePrimitives.TryCompare(left, right, !CaseSensitive, out var order))
            return order;
        return string.Compare(left?.ToString(), right?.ToString(), CaseSensitive ? StringComparison.CurrentCulture : StringComparison.CurrentCultureIgnoreCase);
    }
}
