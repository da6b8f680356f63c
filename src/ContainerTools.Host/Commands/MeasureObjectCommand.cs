using System.Management.Automation;

namespace ContainerTools.Host.Commands;

[Cmdlet(VerbsDiagnostic.Measure, "Object")]
public sealed class MeasureObjectCommand : PSCmdlet
{
    private readonly List<double> _numbers = [];
    private object? _minimum;
    private object? _maximum;
    private int _count;

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0)]
    public object? Property { get; set; }

    [Parameter]
    public SwitchParameter Sum { get; set; }

    [Parameter]
    public SwitchParameter Average { get; set; }

    [Parameter]
    public SwitchParameter Minimum { get; set; }

    [Parameter]
    public SwitchParameter Maximum { get; set; }

    protected override void ProcessRecord()
    {
        if (InputObject is null)
            return;
        var value = Property is null ? InputObject.BaseObject : PropertySelection.Parse([Property])[0].First(InputObject);
        if (value is null)
            return;
        _count++;
        if ((Minimum || Maximum) && LanguagePrimitives.TryCompare(value, _minimum ?? value, out var low))
            _minimum = low < 0 || _minimum is null ? value : _minimum;
        if ((Minimum || Maximum) && LanguagePrimitives.TryCompare(value, _maximum ?? value, out var high))
            _maximum = high > 0 || _maximum is null ? value : _maximum;
        if (!Sum && !Average)
            return;
        if (LanguagePrimitives.TryConvertTo<double>(value is TimeSpan span ? span.TotalSeconds : value, out var number))
            _numbers.Add(number);
        else
            WriteError(new ErrorRecord(new PSInvalidCastException($"'{value}' is not a number."), "NonNumericInputObject", ErrorCategory.InvalidType, InputObject));
    }

    protected override void EndProcessing()
    {
        var result = new PSObject();
        result.TypeNames.Insert(0, "Microsoft.PowerShell.Commands.GenericMeasureInfo");
        result.Properties.Add(new PSNoteProperty("Count", _count));
        result.Properties.Add(new PSNoteProperty("Average", Average && _numbers.Count > 0 ? _numbers.Average() : null));
        result.Properties.Add(new PSNoteProperty("Sum", Sum ? _numbers.Sum() : null));
        result.Properties.Add(new PSNoteProperty("Maximum", Maximum ? _maximum : null));
        result.Properties.Add(new PSNoteProperty("Minimum", Minimum ? _minimum : null));
        result.Properties.Add(new PSNoteProperty("Property", Property));
        WriteObject(result);
    }
}
